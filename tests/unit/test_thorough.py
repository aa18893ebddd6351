"""What `make test` leaves out of the tests, and what it never does."""

from typing import Any

import pytest

from tests import thorough

KINDS = ("secret", "certificate", "federated", "managed", "token")


class Item:
    """As much of a test as is looked at."""

    def __init__(self, node_id: str, mark: str = "") -> None:
        self.nodeid = node_id
        self._mark = mark

    def get_closest_marker(self, name: str) -> str | None:
        return name if name == self._mark else None


def names(*items: Any) -> list[str]:
    return [one.nodeid for one in thorough.chosen(items)]


@pytest.fixture(autouse=True)
def _in_make_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thorough, "THOROUGH", False)


def test_what_is_marked_is_left_out_and_nothing_else() -> None:
    assert names(Item("tests/unit/a.py::b"), Item("tests/unit/a.py::c", "thorough")) == ["tests/unit/a.py::b"]


def test_unit_tests_keep_all_their_cases() -> None:
    cases = [Item(f"tests/unit/a.py::b[{kind}]") for kind in KINDS]

    assert names(*cases) == [one.nodeid for one in cases]


def test_functional_tests_keep_the_first_and_the_last_unless_every_case_matters() -> None:
    few = [Item(f"tests/functional/a.py::few[{kind}]") for kind in KINDS]
    one = Item("tests/functional/a.py::one")
    every = [Item(f"tests/functional/a.py::every[{kind}]", "every_case") for kind in KINDS]

    kept = names(*few, one, *every)

    assert kept == [few[0].nodeid, few[-1].nodeid, one.nodeid, *(case.nodeid for case in every)]


def test_make_thorough_leaves_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thorough, "THOROUGH", True)
    cases = [Item(f"tests/functional/a.py::b[{kind}]", "thorough") for kind in KINDS]

    assert names(*cases) == [one.nodeid for one in cases]
