"""One commit → its summaries, those of contents that are known and the others out of the source, and its registry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.sources import Item
from shared.errors import RefusedError
from shared.registries.conventions import Conventions, conventions_of
from shared.registries.files import Unread
from shared.registries.graph import Registry
from shared.registries.keeping.kept import Kept, Summary, key_of
from shared.registries.reading import Assembly, summarise, without_secrets
from shared.registries.sources.contents import Found, Source, Whole
from shared.registries.sources.trees import File, tree_of

OWN = "registry.toml"
_MANY = 2000
"""Files that changed, of which so many take as long as all of them."""
_MAX_SUMMARY = 2_000_000
_TOO_MUCH = "it registers more than is kept of one file"

type Given = Sequence[Mapping[str, Any]]
type Known = dict[tuple[str, str], str]


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
        known: Known = dict(earlier.known()) if earlier and earlier.digest == conventions.digest else {}
        missing = {key: file for file in tree.files if (key := key_of(file.path, file.object_id)) not in known}
        self._check_patience(len(missing))
        read = Whole(self.source) if not known or len(missing) > _MANY else self.source.some_of
        unread = _take_in(read(tuple(missing.values())), known, conventions)
        assembly = _assembly(tree.files, known, conventions)
        if outlines := assembly.outlined():  # what other files register is known when all were read
            files = {key_of(file.path, file.object_id): file for file in tree.files if file.path in outlines}
            unread += _take_in(read(tuple(files.values())), known, conventions, closely=True)
            assembly = _assembly(tree.files, known, conventions)
        kept = _kept(conventions, (own_id, own), tree.files, known, [*tree.unread, *unread])
        return kept, assembly.registry(kept.unread)

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


def _take_in(found: Iterable[Found], known: Known, conventions: Conventions, *, closely: bool = False) -> list[Unread]:
    """Add what files say to what is known; return those that were not read."""
    unread = []
    for one in found:
        if isinstance(one, Unread):
            unread.append(one)
            continue
        text = without_secrets(summarise(one, conventions, closely=closely))
        if len(text) > _MAX_SUMMARY:
            unread.append(Unread(one.path, _TOO_MUCH))
            continue
        known[key_of(one.path, one.object_id)] = text
    return unread


def _assembly(files: Sequence[File], known: Known, conventions: Conventions) -> Assembly:
    keys = {file.path: key_of(file.path, file.object_id) for file in files}
    return Assembly({path: known[key] for path, key in keys.items() if key in known}, conventions)


def _kept(
    conventions: Conventions,
    own: tuple[str, bytes | None],
    files: Sequence[File],
    known: Known,
    unread: Sequence[Unread],
) -> Kept:
    summaries: dict[str, Summary] = {}
    left = {one.path: one for one in unread}
    reasons = {key_of(file.path, file.object_id): left[file.path].reason for file in files if file.path in left}
    for file in files:
        key = key_of(file.path, file.object_id)
        if key in known:
            summaries[file.path] = Summary(file.object_id, known[key])
        else:  # another path of the same content was tried
            left[file.path] = Unread(file.path, reasons[key])
    return Kept(conventions.digest, own[1], own[0], summaries, tuple(left[path] for path in sorted(left)))
