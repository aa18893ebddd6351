"""What is not as a link asks for is told once in a while, not for every ticket."""

from types import SimpleNamespace
from typing import Any

import pytest

from shared.errors import TransientError
from shared.tickets.work.notices import Notices


def test_the_same_is_told_once_in_a_while() -> None:
    told: list[tuple[str, ...]] = []
    now = [0.0]
    alerts: Any = SimpleNamespace(send=lambda *what, hint: told.append((*what, hint)))
    notices = Notices(alerts, 300.0, lambda: now[0])

    for moment, message in [(0, "a"), (299, "a"), (299, "b"), (301, "a")]:
        now[0] = moment
        notices.tell("left_out", "contoso", message, hint="mend it")

    assert told == [("left_out", "contoso", message, "mend it") for message in "aba"]


def test_what_was_not_taken_is_told_the_next_time() -> None:
    tried: list[str] = []

    def send(_kind: str, _subject: str, message: str, *, hint: str) -> None:
        del hint
        tried.append(message)
        if len(tried) == 1:
            raise TransientError("not now")

    alerts: Any = SimpleNamespace(send=send)
    notices = Notices(alerts, 300.0)

    for _ in range(3):
        notices.tell("left_out", "contoso", "a", hint="")

    assert tried == ["a", "a"]


@pytest.mark.parametrize("other", [("left_out", "fabrikam"), ("template_failed", "contoso")])
def test_another_subject_or_kind_is_told(other: tuple[str, str]) -> None:
    told: list[tuple[str, ...]] = []
    alerts: Any = SimpleNamespace(send=lambda *what, hint: told.append(what[:2]) if not hint else None)
    notices = Notices(alerts, 300.0)

    for kind, subject in [("left_out", "contoso"), other]:
        notices.tell(kind, subject, "a", hint="")

    assert told == [("left_out", "contoso"), other]
