"""What a first start sets up, through the same HTTP API that everybody uses: a connection, a link, a report.

Each step looks first and changes nothing that is there already, so it may run at every start.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.addresses import Addresses

ORGANISATION = "contoso"
PROJECT = "Web Shop"
ASSET_KIND = "application"
ASSET = "web-shop"
_LINK = {"connection": ORGANISATION, "project": PROJECT}
_OF_A_LINK = ("connection", "project", "work_item_type", "tags")
_UNDER_WAY = ("waiting", "creating")
_TIMEOUT = 60.0
_POLL = 0.25
_HOST_RETURNS_WITHIN = 15.0


class SeedError(Exception):
    """The functions or a simulator refused a step. `str()` says which and why."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, in numbers of findings."""

    accepted: int
    changed: int
    unchanged: int
    refused: int


class Seed:
    """Sets a running stack up."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._session = requests.Session()
        self._session.trust_env = False

    def connect(self) -> bool:
        """Make the connection to the simulated organisation; return whether it had to be made."""
        url = f"{self._addresses.azure_devops}/{ORGANISATION}"
        path = f"/api/connections/{ORGANISATION}"
        found = self._ask("GET", path)
        if found is not None and found.get("url") == url:
            return False
        credential = {"kind": "personal_access_token", "token": self.personal_access_token()}
        self._ask("PUT", path, json={"url": url, "credential": credential})
        return True

    def link(self) -> bool:
        """Link the sample asset to a project; return whether it had to be made.

        A link that is there is saved again as it is, which mends its service hooks: the functions may have moved to
        another port.
        """
        path = f"/api/links/{ASSET_KIND}/{ASSET}"
        found = self._ask("GET", path)
        wanted = {name: found[name] for name in _OF_A_LINK} if found else _LINK
        self._ask("PUT", path, json=wanted)
        return found is None

    def send(self, report: Path) -> Imported:
        """Send a SARIF report for the sample asset."""
        answer = self._ask(
            "POST",
            "/api/tickets/import",
            params={"kind": ASSET_KIND, "asset": ASSET},
            data=report.read_bytes(),
            headers={"Content-Type": "application/sarif+json"},
        )
        counts = answer or {}
        return Imported(*(_count(counts.get(name)) for name in ("accepted", "changed", "unchanged", "refused")))

    def settled(self, seconds: float, progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
        """Return the sample asset's tickets once nothing is under way, or after `seconds`.

        `progress` is told how many are settled, of how many.
        """
        deadline = time.monotonic() + seconds
        while True:
            tickets = self._tickets_in_time()
            under_way = sum(ticket["status"] in _UNDER_WAY for ticket in tickets)
            progress(len(tickets) - under_way, len(tickets))
            if (tickets and not under_way) or time.monotonic() > deadline:
                return tickets
            time.sleep(_POLL)

    def work_items(self) -> dict[int, dict[str, Any]]:
        """Return what Azure DevOps holds for the organisation, by number."""
        url = f"{self._addresses.azure_devops}/_simulator/work-items"
        found = self._send("GET", url)["work_items"]
        return {item["id"]: item for item in found if item["organization"] == ORGANISATION}

    def health(self) -> str:
        """Return what the functions say is wrong with them; nothing if all is well."""
        answer = self._session.get(f"{self._addresses.functions}/api/health", timeout=_TIMEOUT)
        return "" if answer.ok else _reason(answer)

    def _tickets_in_time(self) -> list[dict[str, Any]]:
        """Return the tickets; a host that is just being started again is waited for."""
        deadline = time.monotonic() + _HOST_RETURNS_WITHIN
        while True:
            try:
                return list(self._tickets())
            except SeedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL)

    def _tickets(self) -> Iterator[dict[str, Any]]:
        query = {"kind": ASSET_KIND, "asset": ASSET}
        continuation: str | None = ""
        while continuation is not None:
            more = {"continuation": continuation} if continuation else {}
            page = self._ask("GET", "/api/tickets", params={**query, **more}) or {}
            yield from page.get("tickets", [])
            continuation = page.get("continuation") or None

    def personal_access_token(self) -> str:
        """Make a token of the bridge's user in the simulated organisation."""
        url = f"{self._addresses.azure_devops}/_simulator/personal-access-tokens"
        wanted = {"organization": ORGANISATION, "user": "Security Bridge <bridge@contoso.example>"}
        return str(self._send("POST", url, json=wanted)["token"])

    def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any] | None:
        """Return the functions' answer, nothing for what is not there."""
        headers = {"x-functions-key": self._addresses.host_key, **request.pop("headers", {})}
        url = f"{self._addresses.functions}{path}"
        return self._send(method, url, absent_is_fine=method == "GET", headers=headers, **request) or None

    def _send(self, method: str, url: str, *, absent_is_fine: bool = False, **request: Any) -> dict[str, Any]:
        try:
            answer = self._session.request(method, url, timeout=_TIMEOUT, **request)
        except requests.RequestException as error:
            raise SeedError(f"{method} {url}: {type(error).__name__}") from error
        if absent_is_fine and answer.status_code == requests.codes.not_found:
            return {}
        if not answer.ok:
            raise SeedError(f"{method} {url} was answered {answer.status_code}: {_reason(answer)}")
        return dict(answer.json()) if answer.content else {}


def _reason(answer: requests.Response) -> str:
    """Return the words of a problem+json answer, or of any other."""
    try:
        problem = answer.json()
    except ValueError:
        return answer.text[:500]
    words = [problem.get(name) for name in ("title", "detail", "hint")] if isinstance(problem, dict) else []
    return " ".join(str(word) for word in words if word) or answer.text[:500]


def _count(value: object) -> int:
    """Return a count that may be given as a number or as the list of what was counted."""
    return len(value) if isinstance(value, list) else int(str(value or 0))
