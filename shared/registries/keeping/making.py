"""One commit → its summaries, those of contents that are known and the others out of the source, and its registry."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.azure_devops.sources import Item
from shared.errors import RefusedError
from shared.registries.conventions import Conventions, conventions_of
from shared.registries.files import Unread
from shared.registries.graph import Registry
from shared.registries.keeping.kept import Content, Kept, content_of
from shared.registries.sources.contents import Found, Source, Whole
from shared.registries.sources.trees import File, tree_of

if TYPE_CHECKING:
    from shared.registries.reading import Assembly, Summary

OWN = "registry.toml"
_MANY = 2000
"""Files that changed, of which so many take as long as all of them."""

type Given = Sequence[Mapping[str, Any]]


class TooMuchError(RefusedError):
    """More is to be read than the caller waits for."""


@dataclass(frozen=True, slots=True)
class Making:
    """Makes what is kept of one commit, and its registry.

    `most` is how many files may be read for whoever waits, None for any number.
    """

    source: Source
    given: Given
    most: int | None = None

    def __call__(self, before: Callable[[], Kept | None]) -> tuple[Kept, Registry]:
        """Return what the commit says; `before` gives another commit's, of which nothing that is the same is read.

        Raises `TooMuchError`, `RejectedRequestError` for conventions that cannot be used, what `Source.pace` raises,
        and what Azure DevOps raises.
        """
        items = self.source.items()
        earlier = before()
        own_id, own = self._own(items, earlier)
        conventions = conventions_of(own, self.given)
        tree = tree_of(items, conventions.wanted, self.source.limits)
        known = earlier.summaries if earlier and earlier.digest == conventions.digest else {}
        commit = _Commit(tree.files, conventions, known)
        missing = commit.missing()
        self._check_patience(len(missing))
        read = Whole(self.source) if not known or len(missing) > _MANY else self.source.some_of
        commit.take_in(read(missing))
        assembly = commit.assembly()
        if outlines := assembly.outlined():  # what other files register is known when all were read
            commit.take_in(read(commit.at(outlines)), closely=True)
            assembly = commit.assembly()
        kept = Kept(conventions.digest, own, own_id, commit.summaries())
        return kept, assembly.registry([*tree.unread, *commit.unread()])

    def _own(self, items: Iterable[Item], earlier: Kept | None) -> tuple[str, bytes | None]:
        """Return the repository's own conventions; a link or a submodule of that name is none."""
        plain = (item for item in items if not (item.folder or item.link or item.submodule))
        found = next((item.object_id.lower() for item in plain if item.path == f"/{OWN}"), "")
        if not found:
            return "", None
        if earlier and earlier.own_id == found:
            return found, earlier.own
        [content] = self.source.some_of([File(OWN, found)])
        if isinstance(content, Unread):
            raise RefusedError(f"{OWN} cannot be read: {content.reason}.", hint="Make it a small text file.")
        return found, content.content

    def _check_patience(self, count: int) -> None:
        if self.most is not None and count > self.most:
            raise TooMuchError(f"{count:,} files are to be read.")


class _Commit:
    """The files of a commit, by their paths, and what is known of their contents."""

    def __init__(self, files: Sequence[File], conventions: Conventions, known: "Mapping[Content, Summary]") -> None:
        self._files = files
        self._conventions = conventions
        self._contents = {file.path: content_of(file.path, file.object_id) for file in files}
        self._known = dict(known)
        self._refused: dict[Content, str] = {}

    def missing(self) -> tuple[File, ...]:
        """Return a file for each content of which nothing is known."""
        return self._one_of_each(file for file in self._files if self._contents[file.path] not in self._known)

    def at(self, paths: Collection[str]) -> tuple[File, ...]:
        """Return a file for each content that lies at one of these paths."""
        return self._one_of_each(file for file in self._files if file.path in paths)

    def _one_of_each(self, files: Iterable[File]) -> tuple[File, ...]:
        return tuple({self._contents[file.path]: file for file in files}.values())

    def take_in(self, found: Iterable[Found], *, closely: bool = False) -> None:
        """Add what files say to what is known, and why some were not read."""
        from shared.registries.reading import summarise  # noqa: PLC0415  most processes read no code

        for one in found:
            content = self._contents[one.path]
            if isinstance(one, Unread):
                self._refused[content] = one.reason
            else:
                self._known[content] = summarise(one, self._conventions, closely=closely)

    def assembly(self) -> "Assembly":
        """Return what the files register together, as far as they are known."""
        from shared.registries.reading import Assembly  # noqa: PLC0415

        known = self._known
        summaries = {path: known[content] for path, content in self._contents.items() if content in known}
        return Assembly(summaries, self._conventions)

    def summaries(self) -> "dict[Content, Summary]":
        """Return what is known of this commit's contents."""
        known = self._known
        return {content: known[content] for content in self._contents.values() if content in known}

    def unread(self) -> list[Unread]:
        """Return the files that were not read; of one content all have the same reason."""
        refused, known = self._refused, self._known
        return [
            Unread(path, refused[content])
            for path, content in self._contents.items()
            if content in refused or content not in known
        ]
