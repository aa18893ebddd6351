"""The key that signs the console's cookies: made once, and the same for all processes soon."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from shared.console.signing_key import NAME, SigningKey


@dataclass
class Kept:
    """A vault that counts how often it is asked."""

    values: list[str] = field(default_factory=list)
    reads: int = 0

    def newest(self, name: str) -> Any:
        assert name == NAME
        self.reads += 1
        return SimpleNamespace(value=self.values[-1]) if self.values else None

    def get(self, name: str) -> str:
        return str(self.newest(name).value)

    def set(self, name: str, value: str) -> None:
        assert name == NAME
        self.values.append(value)


def test_the_first_use_of_all_makes_it() -> None:
    vault = Kept()

    made = SigningKey(vault)()  # type: ignore[arg-type]

    assert vault.values == [made]
    assert len(made) >= 48
    assert SigningKey(vault)() == made  # type: ignore[arg-type]


def test_it_is_read_once_a_minute() -> None:
    vault, now = Kept(["one"]), [0.0]
    key = SigningKey(vault, lambda: now[0])  # type: ignore[arg-type]
    key()

    vault.values.append("two")
    now[0] = 59.9
    assert (key(), vault.reads) == ("one", 1)
    now[0] = 60.0
    assert (key(), vault.reads) == ("two", 2)


def test_of_two_that_make_it_at_once_the_newest_holds() -> None:
    """Each made one before it saw the other's."""
    vault, now = Kept(), [0.0]
    mine = SigningKey(vault, lambda: now[0])  # type: ignore[arg-type]
    mine()
    vault.set(NAME, "the other's")

    now[0] = 60.0

    assert mine() == "the other's"
