"""A file of a repository, as it comes in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file at one commit. `path` has no leading slash, and "/" as separator; `object_id` is Git's id of `content`."""

    path: str
    object_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is in the tree and was not read; `reason` is for people: "larger than 2 MB", "a symbolic link"."""

    path: str
    reason: str
