"""What becomes of an asset's tickets when its link moves to another project or connection."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.errors import ConflictError, FieldProblem
from shared.links.models import Existing, Link, Place
from shared.storage.tables import Table
from shared.tickets import keys
from shared.tickets.belongings import count_open, has_any


@dataclass(frozen=True, slots=True)
class Moving:
    """Decides before the link is saved; what is to be done for it afterwards stands in the link."""

    table: Table

    def __call__(self, stored: Link, wanted: Link, existing: Existing | None) -> tuple[Place, ...]:
        """Return where the asset has, or had, tickets besides the wanted place.

        Raises `ConflictError` (409) that says how many are open, if nobody said what becomes of them.
        """
        if stored.place == wanted.place or _same(stored.place, wanted.place):
            return stored.earlier
        asset = keys.asset_key(stored.kind, stored.asset)
        kept = [place for place in stored.places if not place.left]
        if existing is None:
            self._check_nothing_open(stored, kept, asset)
        leaving = [place for place in stored.places if place.left]
        found = [
            replace(place, left=existing is Existing.CLOSE)
            for place in kept
            if not _same(place, wanted.place) and has_any(self.table, place.connection, asset)
        ]
        return tuple(_each_once([*found, *leaving], wanted.place))

    def _check_nothing_open(self, stored: Link, kept: list[Place], asset: str) -> None:
        names = dict.fromkeys(place.connection for place in kept)
        count = sum(count_open(self.table, name, asset) for name in names)
        if count:
            raise ConflictError(
                f"The {stored.kind} has {count} open tickets in {stored.project} (connection {stored.connection}).",
                hint="Add ?existing=keep to have them kept up to date where they are, or ?existing=close to have their"
                " work items closed.",
                status=409,
                problems=[FieldProblem("existing", f"must say what becomes of {count} open tickets: keep or close")],
            )


def _same(one: Place, other: Place) -> bool:
    return (one.connection, one.project_id) == (other.connection, other.project_id)


def _each_once(places: list[Place], current: Place) -> Iterator[Place]:
    seen = {(current.connection, current.project_id)}
    for place in places:
        key = (place.connection, place.project_id)
        if key not in seen:
            seen.add(key)
            yield place
