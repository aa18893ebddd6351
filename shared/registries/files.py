"""Files of a repository as they are handed from whoever reads them out of Git to whoever reads what is in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's content. `path` has no leading slash; `object_id` is Git's id of the content."""

    path: str
    object_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that is in the tree and was not read; `reason` is for people, such as "larger than 2 MB"."""

    path: str
    reason: str
