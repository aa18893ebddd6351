"""A stored token: read again when it is refused, and whoever can mend it hears of one that is refused as it is."""

from dataclasses import dataclass, field
from typing import Any

from shared.connections.credentials.personal_access_token import StoredToken, basic


@dataclass
class Vault:
    value: str = "old"
    told: list[str] = field(default_factory=list)

    def read(self) -> str:
        return self.value

    def stored(self) -> StoredToken:
        secret: Any = self
        return StoredToken(secret, lambda: self.told.append(self.value))


def test_one_that_was_replaced_is_picked_up_and_nobody_is_told() -> None:
    vault = Vault()
    token = vault.stored()
    assert token.authorization(renew=False) == basic("old")

    vault.value = "new"

    assert token.authorization(renew=False) == basic("old")
    assert token.authorization(renew=True) == basic("new")
    assert vault.told == []


def test_one_that_is_refused_as_it_is_now_is_told_of_once() -> None:
    vault = Vault()
    token = vault.stored()
    token.authorization(renew=False)

    for _ in range(3):
        token.authorization(renew=True)

    assert vault.told == ["old"]


def test_neither_value_nor_header_is_in_its_repr() -> None:
    token = StoredToken(Vault("hunter2"))  # type: ignore[arg-type]
    token.authorization(renew=False)

    assert basic("hunter2") not in repr(token)
