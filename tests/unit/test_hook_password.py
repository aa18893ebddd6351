"""The password of service hooks: every way in which it can be wrong."""

from base64 import b64encode

import pytest

from shared.connections.hook_password import derive, is_accepted, mark

KEY = "k" * 48


def header(password: str, *, scheme: str = "Basic", user: str = "azure-devops") -> str:
    return f"{scheme} {b64encode(f'{user}:{password}'.encode()).decode()}"


def test_this_epochs_and_the_last_ones_are_accepted() -> None:
    for epoch in (3, 2):
        assert is_accepted(KEY, "contoso", 3, header(derive(KEY, "contoso", epoch)))


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ä",
        "Basic !!!!",
        header(""),
        header("wrong"),
        header(derive(KEY, "contoso", 1)),
        header(derive(KEY, "contoso", 4)),
        header(derive(KEY, "fabrikam", 3)),
        header(derive("x" * 48, "contoso", 3)),
        header(derive(KEY, "contoso", 3), scheme="Bearer"),
        header(derive(KEY, "contoso", 3))[:-4],
    ],
)
def test_anything_else_is_not(authorization: str | None) -> None:
    assert not is_accepted(KEY, "contoso", 3, authorization)


def test_azure_devops_takes_it_as_a_password() -> None:
    """No whitespace, at most 256 characters: the pattern of the consumer's input."""
    assert derive(KEY, "contoso", 1).isalnum()
    assert len(derive(KEY, "contoso", 1)) <= 256


def test_a_mark_names_a_password_without_telling_it() -> None:
    marks = {mark(KEY, "contoso", 1), mark(KEY, "contoso", 2), mark(KEY, "fabrikam", 1), mark("x" * 48, "contoso", 1)}

    assert len(marks) == 4
    assert mark(KEY, "contoso", 3).startswith("3-")
    assert mark(KEY, "contoso", 3).partition("-")[2] not in derive(KEY, "contoso", 3)
