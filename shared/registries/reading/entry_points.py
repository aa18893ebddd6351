"""pyproject.toml and setup.cfg → the entry points that they declare.

https://packaging.python.org/specifications/pyproject-toml/#entry-points
https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
https://python-poetry.org/docs/pyproject/#plugins
"""

import configparser
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.registries.conventions.bounded_toml import toml_of
from shared.registries.reading.notation import string

_MOST = 5_000

type Hit = dict[str, Any]


def of_pyproject(text: str) -> list[Hit]:
    """Return the entry points of a pyproject.toml. Raises `ValueError` (of `tomllib`) if it is no TOML."""
    document = toml_of(text)
    lines = text.split("\n")
    return [
        _hit(group, name, value, _line_of(lines, name))
        for group, name, value in _declared(document)
        if isinstance(value, str)
    ][:_MOST]


def _declared(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    project = _table(document, "project")
    poetry = _table(_table(document, "tool"), "poetry")
    groups = {
        "console_scripts": {**_table(project, "scripts"), **_table(poetry, "scripts")},
        "gui_scripts": _table(project, "gui-scripts"),
        **_table(project, "entry-points"),
        **_table(poetry, "plugins"),
    }
    for group, points in groups.items():
        if isinstance(points, dict):
            for name, value in points.items():
                yield group, name, value


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = table.get(name)
    return value if isinstance(value, dict) else {}


def of_setup_cfg(text: str) -> list[Hit]:
    """Return the entry points of a setup.cfg. Raises `configparser.Error` if it is none."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    if not parser.has_section("options.entry_points"):
        return []
    lines = text.split("\n")
    return [
        _hit(group, name.strip(), value.strip(), _line_of(lines, name.strip()))
        for group, points in parser.items("options.entry_points")
        for name, equals, value in (point.partition("=") for point in points.split("\n"))
        if equals
    ][:_MOST]


def _line_of(lines: list[str], name: str) -> int:
    starts = re.compile(rf"""\s*["']?{re.escape(name)}["']?\s*=""")
    return next((number for number, line in enumerate(lines, 1) if starts.match(line)), 1)


def _hit(group: str, name: str, value: str, line: int) -> Hit:
    return {"f": "e", "l": line, "group": group[:200], "name": string(name[:300]), "value": value[:300]}
