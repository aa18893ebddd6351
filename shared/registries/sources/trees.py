"""Which files of a commit are read: those that are wanted, plain, and within bounds. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from shared.azure_devops.sources import Item
from shared.registries.files import Unread
from shared.registries.sources.limits import Limits

_MAX_PATH = 4096
_NO_NAME = re.compile(r"(?:^|/)\.{0,2}(?:/|\Z)")
_TWICE = "its path is there twice"


class File(NamedTuple):
    """A file that is to be read; `path` has no leading slash."""

    path: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Tree:
    """What is read of a commit, by path, and what is not."""

    files: tuple[File, ...]
    unread: tuple[Unread, ...]


def tree_of(items: Iterable[Item], wanted: Callable[[str], bool], limits: Limits) -> Tree:
    """Return what is to be read of the items that a commit has."""
    files: dict[str, File] = {}
    unread: list[Unread] = []
    for item in items:
        path = item.path.removeprefix("/")
        if item.folder or not (item.submodule or wanted(path)):
            continue
        reason = _why_not(item, path) or (_TWICE if path in files else "")
        if reason:
            unread.append(Unread(path, reason))
        else:
            files[path] = File(path, item.object_id.lower())
    ordered = sorted(files.values(), key=lambda file: file.path)
    over = [
        Unread(file.path, f"there are more than {limits.files:,} files to read") for file in ordered[limits.files :]
    ]
    unread = sorted([*unread, *over], key=lambda one: one.path)
    return Tree(tuple(ordered[: limits.files]), tuple(unread))


def _why_not(item: Item, path: str) -> str:
    if item.submodule:
        return "a submodule: another repository"
    if item.link:
        return "a symbolic link"
    return "" if _is_plain(path) else "its path is none that Git allows"


def _is_plain(path: str) -> bool:
    """Whether a path is one of a file below the root, as Git itself checks it.

    https://git-scm.com/docs/git-fsck#_fsck_messages
    """
    return not _NO_NAME.search(path) and path.isprintable() and len(path) <= _MAX_PATH
