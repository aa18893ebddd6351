"""What a link's settings make of a work item's fields. Pure."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from shared.connections.defaults import Constant, Defaults, FromSnapshot
from shared.texts.formats import HTML, PLAIN, Format
from shared.texts.plain import one_line, shortened

MAX_TAGS = 100
"""https://learn.microsoft.com/azure/devops/organizations/settings/work/object-limits"""
_MAX_TAG = 400
_MAX_LINE = 255
"""Of a field of text that is no long text: https://learn.microsoft.com/azure/devops/boards/work-items/work-item-fields"""


def set_once(
    making: Defaults, project: str, tag: str, *, assignee: str | None = None, more_tags: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the fields that are set when a work item is made and are the team's from then on."""
    fields = {
        "System.Tags": "; ".join(tags(tag, *making.tags, *more_tags)),
        "System.AreaPath": below(project, making.area_path),
        "System.IterationPath": below(project, making.iteration_path),
        "System.AssignedTo": assignee or making.assignee,
    }
    return {name: value for name, value in fields.items() if value}


def tags(*wanted: str) -> list[str]:
    """Return tags as a work item can hold them, in order, each once whatever its case.

    What separates tags becomes a space, a long one is cut with "…", and the last one tells how many did not fit.
    """
    lines = (shortened(one_line(tag.replace(";", " ").replace(",", " ")), _MAX_TAG) for tag in wanted)
    unique: dict[str, str] = {}
    for line in filter(None, lines):
        unique.setdefault(line.casefold(), line)
    kept = list(unique.values())
    if len(kept) <= MAX_TAGS:
        return kept
    return [*kept[: MAX_TAGS - 1], f"and {len(kept) - MAX_TAGS + 1} more tags"]


def below(project: str, path: str | None) -> str | None:
    """Return a path with the project's name in front, whether it was given so or not."""
    if path is None or path.partition("\\")[0].casefold() == project.casefold():
        return path
    return f"{project}\\{path}"


def mapped(making: Defaults, vulnerability: Mapping[str, Any], plain: Container[str]) -> dict[str, Any]:
    """Return the fields of the map with their values; what the vulnerability does not have is left out.

    `plain` are the fields that hold no HTML, in small letters: in all others, the vulnerability's text is escaped.
    """
    found = {
        name: _written(_found(vulnerability, value.path), PLAIN if name.casefold() in plain else HTML)
        if isinstance(value, FromSnapshot)
        else value
        for name, value in making.fields.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _written(value: Any, shape: Format) -> Any:
    return shape.text(value) if isinstance(value, str) else value


def constants(making: Defaults) -> dict[str, Constant]:
    """Return the fields of the map whose values are known before there is a vulnerability."""
    return {name: value for name, value in making.fields.items() if not isinstance(value, FromSnapshot)}


def value_at(vulnerability: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path, names joined by dots; None if nothing does."""
    value: Any = vulnerability
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _found(vulnerability: Mapping[str, Any], path: str) -> Any:
    """Return what stands at a path; lists become one line, and what no field can hold is nothing."""
    value = value_at(vulnerability, path)
    if isinstance(value, list):
        value = ", ".join(str(entry) for entry in value if isinstance(entry, str | int | float))
    if isinstance(value, str):
        return shortened(one_line(value), _MAX_LINE) or None
    return value if isinstance(value, bool | int | float) else None
