"""Which files of a commit are read, and what is said of the others."""

import pytest

from shared.azure_devops.sources import Item
from shared.registries.files import Unread
from shared.registries.sources.limits import Limits
from shared.registries.sources.trees import File, tree_of

ID = "a" * 40


def is_python(path: str) -> bool:
    return path.endswith(".py")


def item(path: str, **more: bool) -> Item:
    return Item(path, ID, "c", **{"folder": False, **more})


def test_what_is_wanted_is_read_and_nothing_else_is_mentioned() -> None:
    tree = tree_of([item("/b.py"), item("/a", folder=True), item("/a/c.py"), item("/logo.png")], is_python, Limits())

    assert tree.files == (File("a/c.py", ID), File("b.py", ID))
    assert tree.unread == ()


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (item("/a.py", link=True), "a symbolic link"),
        (item("/lib", submodule=True), "a submodule: another repository"),
        (item("/../a.py"), "its path is none that Git allows"),
        (item("/a/./b.py"), "its path is none that Git allows"),
        (item("//a.py"), "its path is none that Git allows"),
        (item("/a\0.py"), "its path is none that Git allows"),
        (item("/a\n.py"), "its path is none that Git allows"),
        (item("/" + "a" * 5000 + ".py"), "its path is none that Git allows"),
    ],
)
def test_what_is_not_plain_is_named(found: Item, reason: str) -> None:
    assert tree_of([found], is_python, Limits()).unread == (Unread(found.path.removeprefix("/"), reason),)


def test_what_is_over_the_bound_is_named() -> None:
    tree = tree_of([item(f"/{number}.py") for number in range(5)], is_python, Limits(files=3))

    assert [file.path for file in tree.files] == ["0.py", "1.py", "2.py"]
    assert tree.unread == (
        Unread("3.py", "there are more than 3 files to read"),
        Unread("4.py", "there are more than 3 files to read"),
    )


def test_a_path_that_is_there_twice_is_read_once() -> None:
    assert [one.reason for one in tree_of([item("/a.py")] * 2, is_python, Limits()).unread] == [
        "its path is there twice"
    ]
