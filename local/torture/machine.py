"""The processes of a run, and what is set up in them: organisations, connections, links."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.stack import Stack
from local.torture.clients import Control, Functions, Http
from local.torture.plan import CONNECTIONS, Asset, chance
from local.torture.skew import Skew

HOSTS = ("functions", "second")
_MOST_SKEW = 300
_SETTINGS = {"SWEEP_SCHEDULE": "*/5 * * * * *", "HOST_QUIET": "1"}
_RECONCILED = 600
"""Seconds, of which a timer makes some that a minute has a whole number of times; in Azure it is 900."""
_PARTS_OF_A_MINUTE = (30, 20, 15, 10, 6, 5)
_VERIFIED_AFTER = 4
"""Rounds of reconciliation: every work item is read, which costs the more the more there are."""


class Machine:
    """A stack with two hosts, the clock of one of them ahead, of the other one behind."""

    def __init__(self, folder: Path, *, seed: int, time_scale: float) -> None:
        self.skew = Skew.build(folder)
        # As on a real machine it stays so when a host is started again: timers remember when they are due.
        dice = chance(seed, "clocks")
        self.clocks = dict(zip(HOSTS, (dice.randint(60, _MOST_SKEW), -dice.randint(60, _MOST_SKEW)), strict=True))
        self.stack = Stack(
            folder,
            time_scale=time_scale,
            functions=False,
            large_storage=True,
            forks_hosts=True,
            settings=_SETTINGS | self.schedules(time_scale),
            host_environment=self._environment,
        )
        self._addresses: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        self._http = Http()

    @staticmethod
    def round(time_scale: float) -> int:
        """Return how many seconds lie between two rounds of reconciliation."""
        return next((part for part in _PARTS_OF_A_MINUTE if part <= _RECONCILED * time_scale), _PARTS_OF_A_MINUTE[-1])

    @classmethod
    def schedules(cls, time_scale: float) -> dict[str, str]:
        """Return when the timers fire."""
        reconciled = cls.round(time_scale)
        verified = _VERIFIED_AFTER * reconciled
        minutes = f"0 */{verified // 60} * * * *" if verified % 60 == 0 else f"*/{verified} * * * * *"
        return {"RECONCILE_SCHEDULE": f"*/{reconciled} * * * * *", "VERIFY_SCHEDULE": minutes}

    def start(self) -> None:
        """Start the hosts, after the rest."""
        for name in HOSTS:
            self.start_host(name)

    def start_host(self, name: str) -> None:
        """Start a host, again if it was killed."""
        self._addresses[name] = self.stack.start_functions(name)

    def _environment(self, name: str) -> Mapping[str, str]:
        return self.skew.environment(self.clocks[name])

    @property
    def storage(self) -> str:
        """The connection string."""
        return self.stack.wiring.storage

    def functions(self) -> Functions:
        """Return a client of the functions."""
        return Functions(lambda: list(self._addresses.values()), self.stack.keys.host)

    def control(self) -> Control:
        """Return a client of the simulator's control API."""
        return Control(self.stack.addresses.azure_devops)

    def set_up(self, assets: Sequence[Asset]) -> None:
        """Make the organisations and connections, and link the assets; needs a host."""
        control, functions = self.control(), self.functions()
        for name in CONNECTIONS:
            control.ask("POST", "organizations", {"name": name})
            token = self._tokens[name] = self._token(control, name)
            body = {
                "url": f"{self.stack.addresses.azure_devops}/{name}",
                "credential": {"kind": "personal_access_token", "token": token},
            }
            functions.ask("PUT", f"connections/{name}", json=body)
        for asset in assets:
            body = {
                "connection": asset.connection,
                "project": asset.project,
                "work_item_type": asset.work_item_type,
            }
            functions.ask("PUT", f"links/application/{asset.id}", json=body)

    def categories(self, work_item_types: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
        """Return the category of each state of the given types (organisation, project, type).

        The key is "project/type" and the state: a project of a name has the same process everywhere.
        """
        found: dict[tuple[str, str], str] = {}
        for organisation, project, name in work_item_types:
            for state in self._states(organisation, project, name):
                found[f"{project}/{name}", state["name"]] = state["category"]
        return found

    def states(self, organisation: str, project: str, work_item_type: str) -> list[str]:
        """Return the states that people move a card of a type to."""
        states = self._states(organisation, project, work_item_type)
        return [state["name"] for state in states if state["category"] != "Removed"]

    def _states(self, organisation: str, project: str, work_item_type: str) -> list[dict[str, str]]:
        base = f"{self.stack.addresses.azure_devops}/{organisation}/{project}/_apis/wit"
        url = f"{base}/workitemtypes/{work_item_type}/states?api-version=7.1"
        found: list[dict[str, str]] = self._http.ask("GET", url, auth=("", self._tokens[organisation]))["value"]
        return found

    @staticmethod
    def _token(control: Control, organisation: str) -> str:
        asked: dict[str, Any] = {"organization": organisation, "user": "Security Bridge <bridge@contoso.example>"}
        return str(control.ask("POST", "personal-access-tokens", asked)["token"])
