"""Names of Git's objects, computed as Git does: a file's, a folder's, a commit's. Pure.

https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

type Tree = dict[str, "str | Tree"]
_FILE = "100644"
LINK = "120000"
SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder of a commit; `path` starts with a slash."""

    path: str
    object_id: str
    folder: bool
    mode: str = ""

    @property
    def link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == LINK

    @property
    def submodule(self) -> bool:
        """Whether it is a commit of another repository."""
        return self.mode == SUBMODULE


def blob_id(content: bytes) -> str:
    """Return the object id of a file's content."""
    return _named("blob", content)


def commit_id(tree: str, message: str) -> str:
    """Return the object id of a commit."""
    return _named("commit", f"tree {tree}\n\n{message}\n".encode())


def entries(files: Mapping[str, str]) -> dict[str, Entry]:
    """Return what a commit holds by path, the root `/` too; `files` are blob ids by path without a first slash.

    The id of what is no plain file comes after its mode and a blank.
    """
    root: Tree = {}
    for path, blob in files.items():
        *folders, name = path.split("/")
        tree = root
        for folder in folders:
            below = tree.setdefault(folder, {})
            if isinstance(below, str):
                raise ValueError(f"{folder} is a file and a folder")  # noqa: TRY004  the names are wrong, not a type
            tree = below
        tree[name] = blob
    found: dict[str, Entry] = {}
    _walk(root, "/", found)
    return dict(sorted(found.items()))


def _walk(tree: Tree, path: str, found: dict[str, Entry]) -> str:
    """Record a folder and all below it, and return the folder's object id."""
    lines: list[tuple[bytes, bytes]] = []
    for name, below in tree.items():
        own = f"{path.rstrip('/')}/{name}"
        if isinstance(below, str):
            mode, _, object_id = below.rpartition(" ")
            found[own] = Entry(own, object_id, folder=False, mode=mode or _FILE)
            lines.append((name.encode(), _line(mode or _FILE, name, object_id)))
        else:
            # Git sorts a folder as if its name ended with a slash.
            lines.append((f"{name}/".encode(), _line("40000", name, _walk(below, own, found))))
    object_id = _named("tree", b"".join(line for _, line in sorted(lines)))
    found[path] = Entry(path, object_id, folder=True)
    return object_id


def _line(mode: str, name: str, object_id: str) -> bytes:
    return f"{mode} {name}\0".encode() + bytes.fromhex(object_id)


def _named(kind: str, content: bytes) -> str:
    header = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
