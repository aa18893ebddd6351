"""Entry points that pyproject.toml, setup.cfg and setup.py declare → drafts."""

from collections.abc import Iterable, Iterator
from typing import Any

from shared.registries.conventions import Conventions
from shared.registries.graph.model import Place, Unresolved
from shared.registries.reading.calls import Calls
from shared.registries.reading.drafts import Draft, Subject
from shared.registries.reading.modules import Module, Modules
from shared.registries.reading.notation import Expression, string

type Hit = dict[str, Any]


def declared_points(
    path: str, hits: Iterable[Hit], modules: Modules, calls: Calls, conventions: Conventions
) -> Iterator[Draft | Unresolved]:
    """Yield the entry points among the hits of the file at `path`."""
    folder = path.rpartition("/")[0]
    here = modules.by_path.get(path) or Module(path, "", folder)
    for hit in hits:
        match hit["f"]:
            case "e":
                yield from _point(hit["group"], hit["name"][1], hit["value"], int(hit["l"]), (here, calls, conventions))
            case "setup":
                yield from _of_setup(hit, here, calls, conventions)


def _of_setup(hit: Hit, here: Module, calls: Calls, conventions: Conventions) -> Iterator[Draft | Unresolved]:
    line = int(hit["l"])
    declared, there = calls.values.followed(hit["o"], here)
    if declared[0] != "d":
        yield Unresolved(Place(here.path, line), "entry points", "they are not written out as a dict", "entry-point")
        return
    for group, points in declared[1]:
        for point in _points(points):
            match group, point:
                case ["s", str(name)], ["s", str(text)] if "=" in text:
                    key, _, value = text.partition("=")
                    yield from _point(name, key.strip(), value.strip(), line, (there, calls, conventions))
                case _:
                    yield Unresolved(Place(here.path, line), "entry point", "it is not written out", "entry-point")


def _points(points: Expression) -> list[Expression]:
    match points:
        case ["l", list(several)]:
            return several
        case ["s", str(text)]:
            return [
                string(line.strip()) for line in text.split("\n") if line.strip() and not line.strip().startswith("#")
            ]
    return [points]


def _point(
    group: str, name: str, value: str, line: int, context: tuple[Module, Calls, Conventions]
) -> Iterator[Draft | Unresolved]:
    here, calls, conventions = context
    for convention in conventions.groups(group)[-1:]:
        target = value.partition("[")[0].strip().replace(":", ".").replace(" ", "")
        subject = calls.subject(["i", target], here) if target and not target.startswith(".") else Subject()
        yield Draft(convention, group, name, Place(here.path, line), subject, here)
