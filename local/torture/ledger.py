"""What was sent and what people did, as it happened: the one truth that everything is compared with."""

import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from local.torture.versions import Version, Vulnerability

type ItemKey = tuple[str, int]
"""Organisation and number of a work item."""


@dataclass(slots=True)
class Sent:
    """What was taken of one vulnerability; the newest is what counts."""

    vulnerability: Vulnerability
    newest: Version | None = None
    count: int = 0


@dataclass(slots=True)
class Touched:
    """What people did to one work item, each thing as they left it last."""

    fields: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    deleted: bool = False
    count: int = 0


@dataclass(slots=True)
class Ledger:
    """Kept by all threads of a run."""

    sent: dict[str, Sent] = field(default_factory=dict)
    touched: dict[ItemKey, Touched] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def took(self, vulnerability: Vulnerability, version: Version) -> None:
        """A snapshot was taken: answered 202, or put into the queue."""
        with self._lock:
            sent = self.sent.setdefault(vulnerability.id, Sent(vulnerability))
            sent.count += 1
            if sent.newest is None or version.number > sent.newest.number:
                sent.newest = version

    def refuse(self, what: str) -> None:
        """A snapshot was refused, which none of ours may be."""
        with self._lock:
            self.refused.append(what)

    def acted(
        self, item: ItemKey, *, fields: dict[str, Any] | None = None, state: str = "", deleted: bool | None = None
    ) -> None:
        """A person's change was carried out."""
        with self._lock:
            touched = self.touched.setdefault(item, Touched())
            touched.count += 1
            touched.fields.update(fields or {})
            touched.state = state or touched.state
            touched.deleted = touched.deleted if deleted is None else deleted

    def counts(self) -> tuple[int, int, int]:
        """Return how many vulnerabilities, snapshots and deeds there were."""
        with self._lock:
            snapshots = sum(sent.count for sent in self.sent.values())
            return len(self.sent), snapshots, sum(touched.count for touched in self.touched.values())

    def view(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        with self._lock:
            return {
                "sent": {name: asdict(sent) for name, sent in self.sent.items()},
                "touched": {f"{item[0]}/{item[1]}": asdict(touched) for item, touched in self.touched.items()},
                "refused": list(self.refused),
            }
