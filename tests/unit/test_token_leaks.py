"""A managed token that stands in a finding is noticed, however it is written there, and nothing else is."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.tokens.leaks import Leaks
from shared.tokens.managed import DAY, Held, ManagedToken, Policy, digest_of

NOW = datetime(2027, 1, 1, tzinfo=UTC)
VALUE, OLD = (f"{part * 19}AZDO{part}" for part in ("a1B2", "c3D4"))
POLICY = Policy("contoso", "sonar", ("vso.code",), 30 * DAY, 10 * DAY, DAY)


def held(value: str, retire_at: datetime | None = None) -> Held:
    return Held(value[:4], "v", "r", "p", NOW, NOW + 30 * DAY, retire_at, digest_of(value))


TOKEN = ManagedToken("sonar", POLICY, "1", current=held(VALUE), retiring=(held(OLD, NOW + DAY),))


@dataclass
class Asked:
    """The one managed token there is, and what was asked for it."""

    leaked: list[tuple[str, str, str]] = field(default_factory=list)
    looks: int = 0

    def all(self) -> list[ManagedToken]:
        self.looks += 1
        return [TOKEN]

    def look(self, text: str) -> list[str]:
        either: Any = self
        either_asks: Any = type("Ask", (), {"leaked": lambda _, *what: self.leaked.append(what)})()
        Leaks(either, either_asks).look(text, "here")
        return [digest for _, digest, _ in self.leaked]


@pytest.mark.parametrize("text", ["{}", "token={}", "https://u:{}@dev.azure.com/c", "a\n{}\n", "“{}”", "é{}\t"])
def test_it_is_found_in_a_text_and_in_its_json(text: str) -> None:
    written = text.format(VALUE)

    assert Asked().look(written) == [digest_of(VALUE)]
    assert Asked().look(json.dumps({"description": written})) == [digest_of(VALUE)]


def test_one_that_was_replaced_and_still_works_is_found_as_well() -> None:
    assert sorted(Asked().look(f"{VALUE} {OLD} {VALUE}")) == sorted([digest_of(VALUE), digest_of(OLD)])


@pytest.mark.parametrize("text", ["", "AZDO", f"x{VALUE}", f"{VALUE}x", VALUE.replace("AZDO", "AZDX"), VALUE[::-1]])
def test_nothing_else_is(text: str) -> None:
    assert Asked().look(text) == []


def test_no_row_is_read_for_a_text_without_a_token() -> None:
    asked = Asked()
    asked.look("AZDO " * 1_000)

    assert asked.looks == 0


def test_the_current_one_is_replaced_and_revoked_at_once() -> None:
    after = TOKEN.after_leak(digest_of(VALUE), NOW)

    assert after.at_once
    assert after.rotation
    assert after.after_leak(digest_of(VALUE), NOW + timedelta(hours=1)) == after


def test_one_that_was_replaced_ends_now() -> None:
    after = TOKEN.after_leak(digest_of(OLD), NOW)

    assert after == replace(TOKEN, retiring=(held(OLD, NOW),))
    assert after.after_leak(digest_of(OLD), NOW + timedelta(hours=1)) == after


def test_one_that_is_no_more_changes_nothing() -> None:
    assert TOKEN.after_leak("0" * 64, NOW) == TOKEN
