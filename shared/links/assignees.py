"""Who gets a vulnerability, by a link's rules. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.connections.defaults import AssigneeRule, Defaults
from shared.links.item_fields import value_at


def assignee(making: Defaults, vulnerability: Mapping[str, Any]) -> str | None:
    """Return the person of the first rule that holds, else the plain assignee; None for nobody."""
    held = (rule.person for rule in making.assignees if _holds(rule, vulnerability))
    return next(held, making.assignee)


def people(making: Defaults) -> dict[str, str]:
    """Return everybody who may be assigned, each with the setting that names them first."""
    found = {making.assignee: "/assignee"} if making.assignee else {}
    for number, rule in enumerate(making.assignees):
        found.setdefault(rule.person, f"/assignees/{number}/person")
    return found


def _holds(rule: AssigneeRule, vulnerability: Mapping[str, Any]) -> bool:
    tags = {str(tag).casefold() for tag in vulnerability.get("tags") or ()}
    custom = rule.custom
    return (
        (not rule.severity or vulnerability["severity"] in rule.severity)
        and (rule.tag is None or rule.tag.casefold() in tags)
        and _begins(vulnerability.get("component"), rule.component)
        and _begins(value_at(vulnerability, "location.path"), rule.path)
        and (custom is None or _same(value_at(vulnerability, custom.path), custom.equals))
    )


def _begins(value: Any, wanted: str | None) -> bool:
    return wanted is None or str(value or "").casefold().startswith(wanted.casefold())


def _same(value: Any, wanted: str) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(entry is not None and str(entry).casefold() == wanted.casefold() for entry in values)
