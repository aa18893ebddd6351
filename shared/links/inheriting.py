"""What a change of a connection's defaults would break: the links that inherit what is changed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from shared.azure_devops.organisation import Organisation
from shared.connections.defaults import Defaults
from shared.connections.models import Connection
from shared.errors import FieldProblem
from shared.links.checking import check
from shared.links.models import Link, LinkState
from shared.links.store import LinkStore

_MOST_PROBLEMS = 50
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Inheriting:
    """Checks the links of a connection before its defaults change."""

    links: LinkStore

    def __call__(self, organisation: Organisation, stored: Connection, wanted: Connection) -> Sequence[FieldProblem]:
        """Return what the links' projects cannot take of the new defaults, and could of those before; the first 50.

        Links that say the same of the same project are judged once, however many they are. Raises what Azure DevOps
        raises when it cannot be asked.
        """
        return list(islice(self._problems(organisation, stored, wanted), _MOST_PROBLEMS))

    def _problems(self, organisation: Organisation, stored: Connection, wanted: Connection) -> Iterator[FieldProblem]:
        alike: dict[tuple[str, str, str], list[Link]] = defaultdict(list)
        for link in self.links.of(wanted.name):
            before, after = link.own.over(stored.defaults), link.own.over(wanted.defaults)
            if link.state is LinkState.ACTIVE and before != after:
                alike[link.project_id, before.model_dump_json(), after.model_dump_json()].append(link)
        for links in alike.values():
            yield from _new_problems(organisation, links, stored, wanted)


def _new_problems(
    organisation: Organisation, links: Sequence[Link], stored: Connection, wanted: Connection
) -> Iterator[FieldProblem]:
    link = links[0]

    def found(defaults: Defaults) -> tuple[FieldProblem, ...]:
        return check(organisation, link.project_id, link.own.over(defaults), wanted.tag).problems

    problems = found(wanted.defaults)
    old = found(stored.defaults) if problems else ()
    for problem in problems:
        if problem not in old:
            words = f"{problem.message} ({_named(links)}, project {link.project})"
            yield FieldProblem(f"/defaults{problem.field}", words)


def _named(links: Sequence[Link]) -> str:
    names = ", ".join(f"{link.kind} {link.asset}" for link in links[:_MOST_NAMED])
    more = f" and {len(links) - _MOST_NAMED} more" if len(links) > _MOST_NAMED else ""
    return f"{'link' if len(links) == 1 else 'links'} of {names}{more}"
