"""Whose a snapshot's row is: the scans that still have its vulnerability, and the import that made it.

properties of a `v|` row
scans       one mark for each scan that has it, and `PLATFORM` for a sender that named none
import      the import that made the row; empty if none did
withdrawn   "yes" once that import is taken back: the ticket's lane then removes the work item, and this row
left        why the lane did not
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from shared.storage.tables import Row, Value
from shared.tickets.vulnerabilities.scans import Scan

PLATFORM = "-"
PROPERTIES = ("scans", "import", "withdrawn", "left")
WITHDRAWN: Mapping[str, Value] = {"withdrawn": "yes"}
TOUCHED = "touched"
"""Somebody changed the work item, or it was there before the ticket."""
DETACHED = "detached"
"""The ticket was let go before; nothing changes its work item any more."""
REPORTED = "reported"
"""The platform, which names no scan, reports the vulnerability besides the import's scan, and may not send it again."""
REFUSED = "refused"
"""Azure DevOps does not let us delete the work item."""
UNKNOWN = "unknown"
"""The work item is neither in its project nor in the recycle bin: destroyed, or it may not be seen any more."""
_MOST_SCANS = 50


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a snapshot. `gone_from`: the scans that looked, and do not have it any more."""

    scan: str = PLATFORM
    import_id: str = ""
    gone_from: frozenset[str] = frozenset()


def mark(scan: Scan) -> str:
    """Return what stands for a scan in rows: the same for each run of it."""
    if not (scan.tool or scan.name):
        return PLATFORM
    return sha256(f"{scan.tool}\n{scan.name}".encode()).hexdigest()[:16]


def scans_of(row: Row) -> tuple[str, ...]:
    """Return the marks of the scans that have a stored vulnerability, the one that found it last at the end."""
    return tuple(str(row.values.get("scans", "")).split())


def is_withdrawn(row: Row) -> bool:
    """Whether the import that made the row is being taken back."""
    return bool(row.values.get("withdrawn"))


def is_reported(row: Row) -> bool:
    """Whether a sender that named no scan has the vulnerability, and a scan, too."""
    found_by = scans_of(row)
    return PLATFORM in found_by and len(found_by) > 1


def origin_of(row: Row) -> Origin:
    """Return an origin that changes nothing in a row."""
    found_by = scans_of(row)
    return Origin(found_by[-1] if found_by else PLATFORM, import_of(row))


def import_of(row: Row) -> str:
    """Return the import that made a row, or nothing."""
    return str(row.values.get("import", ""))


def why_left(row: Row) -> str:
    """Return why taking its import back left the row's work item where it is; empty if it did not come to that."""
    return str(row.values.get("left", ""))


def left(why: str) -> Mapping[str, Value]:
    """Return the properties of a row whose import was taken back, all but its work item."""
    return {"withdrawn": "", "left": why}


def values(origin: Origin, stored: Row | None) -> Mapping[str, Value]:
    """Return the properties of a `v|` row after a snapshot of this origin; one that was withdrawn begins anew."""
    if stored is None or is_withdrawn(stored):
        return {"scans": origin.scan, "import": origin.import_id, "withdrawn": "", "left": ""}
    marks = [one for one in scans_of(stored) if one not in origin.gone_from]
    if origin.scan not in marks and not origin.gone_from:
        marks.append(origin.scan)
    return {
        "scans": " ".join(marks[-_MOST_SCANS:]),
        "import": import_of(stored),
        "withdrawn": "",
        "left": why_left(stored),
    }
