"""What becomes of an asset's tickets when its link moves to another project or connection, or groups otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.errors import ConflictError, FieldProblem
from shared.links.models import Existing, Link, Place
from shared.storage.tables import Table
from shared.tickets.link_changes.belongings import count_open, has_any
from shared.tickets.rows import keys


@dataclass(frozen=True, slots=True)
class Moving:
    """Decides before the link is saved; what is to be done for it afterwards stands in the link."""

    table: Table

    def __call__(self, stored: Link, wanted: Link, existing: Existing | None) -> Link:
        """Return the wanted link with where the asset has, or had, tickets besides, and by which groupings.

        Raises `ConflictError` (409) that says how many are open, if nobody said what becomes of them.
        """
        moves, regroups = not _same(stored.place, wanted.place), stored.grouping != wanted.grouping
        if existing is None and (moves or regroups):
            self._check_nothing_open(stored)
        earlier = self._earlier(stored, wanted, existing) if moves else stored.earlier
        kept, regrouping = stored.kept_groupings, stored.regrouping
        if regroups and existing is Existing.CLOSE:
            kept, regrouping = (), True
        elif regroups:
            kept = tuple(dict.fromkeys((*kept, stored.grouping)))
        return replace(wanted, earlier=earlier, kept_groupings=kept, regrouping=regrouping)

    def _earlier(self, stored: Link, wanted: Link, existing: Existing | None) -> tuple[Place, ...]:
        asset = keys.asset_key(stored.kind, stored.asset)
        leaving = [place for place in stored.places if place.left]
        found = [
            replace(place, left=existing is Existing.CLOSE)
            for place in _kept(stored)
            if not _same(place, wanted.place) and has_any(self.table, place.connection, asset)
        ]
        return tuple(_each_once([*found, *leaving], wanted.place))

    def _check_nothing_open(self, stored: Link) -> None:
        asset = keys.asset_key(stored.kind, stored.asset)
        names = dict.fromkeys(place.connection for place in _kept(stored))
        count = sum(count_open(self.table, name, asset) for name in names)
        if count:
            raise ConflictError(
                f"The {stored.kind} has {count} open tickets in {stored.project} (connection {stored.connection}).",
                hint="Add ?existing=keep to have them kept up to date where they are, or ?existing=close to have their"
                " work items closed.",
                status=409,
                problems=[FieldProblem("existing", f"must say what becomes of {count} open tickets: keep or close")],
            )


def _kept(stored: Link) -> list[Place]:
    return [place for place in stored.places if not place.left]


def _same(one: Place, other: Place) -> bool:
    return (one.connection, one.project_id) == (other.connection, other.project_id)


def _each_once(places: list[Place], current: Place) -> Iterator[Place]:
    seen = {(current.connection, current.project_id)}
    for place in places:
        key = (place.connection, place.project_id)
        if key not in seen:
            seen.add(key)
            yield place
