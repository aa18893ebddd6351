"""What the vulnerabilities of one ticket say together: which of them count, how bad it is, until when. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from enum import Enum
from typing import Any

from pydantic import BaseModel

from shared.texts.masking import masked_tree
from shared.tickets.vulnerabilities.snapshots import Attachment, Severity, Status, Vulnerability

_WORST_FIRST = list(Severity)


def in_order(members: Iterable[Vulnerability]) -> list[Vulnerability]:
    """Return vulnerabilities in the order in which a person should look at them; always the same."""
    return sorted(members, key=_urgency)


def counting(members: Sequence[Vulnerability]) -> Sequence[Vulnerability]:
    """Return those that are still open; all of them where none is."""
    return [member for member in members if member.status is Status.OPEN] or members


def severity(members: Sequence[Vulnerability]) -> Severity:
    """Return the worst severity of those that count."""
    return min((member.severity for member in counting(members)), key=_WORST_FIRST.index)


def due(members: Sequence[Vulnerability]) -> date | None:
    """Return the earliest due date of those that count."""
    return min((member.due for member in counting(members) if member.due), default=None)


def _urgency(member: Vulnerability) -> tuple[bool, int, date, str]:
    return (
        member.status is not Status.OPEN,
        _WORST_FIRST.index(member.severity),
        member.due or date.max,
        member.id,
    )


def without_secrets[M: BaseModel](model: M, unseen: Collection[str] = ()) -> M:
    """Return a vulnerability with what looks like a secret masked in all of its texts.

    `unseen`: names of fields, of its parts as well, that nobody is shown and that stay as they are: the texts of large
    groups take long.
    """
    values = ((name, getattr(model, name)) for name in type(model).model_fields if name not in unseen)
    changed = {name: new for name, value in values if (new := _without_secrets(value, unseen)) != value}
    return model.model_copy(update=changed) if changed else model


def _without_secrets(value: Any, unseen: Collection[str]) -> Any:
    if isinstance(value, Attachment):  # masked when it is decoded
        return value
    if isinstance(value, BaseModel):
        return without_secrets(value, unseen)
    if isinstance(value, tuple):
        return tuple(_without_secrets(part, unseen) for part in value)
    return value if isinstance(value, Enum) else masked_tree(value)
