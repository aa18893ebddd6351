"""How the simulator behaves beyond what it stores: batch mode, limits, latency, lost hooks. Kept across a restart."""

import json
from typing import Any

from local.simulators.azure_devops.network import Network
from local.simulators.azure_devops.store import Store, packed

_MODES = ("independent", "atomic")
_EVERYWHERE = ""


class Settings:
    """The settings in memory, written through to the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as database:
            rows = database.execute("SELECT name, value FROM settings").fetchall()
        self._values: dict[str, Any] = {row["name"]: json.loads(row["value"]) for row in rows}

    def change(self, asked: dict[str, Any]) -> None:
        """Take over what a control request sets. Raises `ValueError` with what is wrong with it."""
        unknown = set(asked) - {"batch", "organization", "tstu_limit", "latency", "hooks"}
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        if "batch" in asked:
            if asked["batch"] not in _MODES:
                raise ValueError(f"batch is one of {', '.join(_MODES)}")
            where = str(asked.get("organization") or _EVERYWHERE).lower()
            self._keep("batch", self._values.get("batch", {}) | {where: asked["batch"]})
        if "hooks" in asked:
            Network.read(asked["hooks"])
        for name in ("tstu_limit", "latency", "hooks"):
            if name in asked:
                self._keep(name, asked[name])

    def _keep(self, name: str, value: Any) -> None:
        self._values[name] = value
        with self._store.transaction() as database:
            database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, packed(value)))

    def all(self) -> dict[str, Any]:
        """Return what is set."""
        return dict(self._values)

    def batch_mode(self, organization: str) -> str:
        """Return `independent` or `atomic`."""
        modes = self._values.get("batch", {})
        return str(modes.get(organization.lower(), modes.get(_EVERYWHERE, "independent")))

    @property
    def tstu_limit(self) -> int | None:
        """The budget of an identity in the window, or None for no limit."""
        return self._values.get("tstu_limit")

    @property
    def network(self) -> Network:
        """What happens to deliveries of service hooks on their way."""
        return Network.read(self._values.get("hooks"))

    def latency(self, entries: int) -> float:
        """Return the seconds that a request with this many written entries takes."""
        model = self._values.get("latency") or {}
        milliseconds = model.get("request_ms", 0) + model.get("entry_ms", 0) * entries
        return float(milliseconds) / 1000
