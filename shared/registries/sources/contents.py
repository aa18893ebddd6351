"""Contents of files out of Azure Repos: all of a commit by one archive, or those that changed by a few calls.

An archive is believed in nothing but what the object ids of the tree prove, so it does not matter how the service names
its entries, and no content is ever kept under another one's id. What an archive does not hold, or holds otherwise (a
conversion of line ends, say), is asked for by its id; what is wrong even then is named as unread.
https://learn.microsoft.com/rest/api/azure/devops/git/items/list
https://learn.microsoft.com/rest/api/azure/devops/git/blobs/get-blobs-zip
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import batched

from shared.azure_devops.organisation import TOO_LARGE, Call, Organisation
from shared.azure_devops.sources import Item, Version, list_items, read_archive, read_blob, read_blobs
from shared.errors import NotFoundError, RefusedError
from shared.registries.files import SourceFile, Unread
from shared.registries.sources.archives import Archive, TooLargeError, UnreadableError
from shared.registries.sources.limits import Limits
from shared.registries.sources.object_ids import is_content_of, object_id_of
from shared.registries.sources.trees import File

_REFUSED = "Azure DevOps does not hand out its content"
_FALSE = "its content is not the one that its object id names"

type Found = SourceFile | Unread


@dataclass(frozen=True, slots=True)
class Source:
    """One commit of one repository. `pace` is called between any two files, and may raise to end it all."""

    organisation: Organisation
    project: str
    repository: str
    commit: str
    limits: Limits
    pace: Callable[[], None]

    def items(self) -> list[Item]:
        """Return everything that is in the commit, by one call. Raises what Azure DevOps raises."""
        try:
            return self.organisation.do(list_items(self.project, self.repository, Version("commit", self.commit)))
        except RefusedError as error:
            if error.rule != TOO_LARGE:
                raise
            message = "The repository has more files than are read: their list alone is over 64 MB."
            raise RefusedError(message, hint="Split the repository.", rule=TOO_LARGE) from error

    def some_of(self, files: Sequence[File]) -> Iterator[Found]:
        """Yield the content of each file, or why there is none, by as many calls as they are hundreds.

        Raises what Azure DevOps raises.
        """
        paths: dict[str, list[str]] = {}
        for file in files:
            paths.setdefault(file.object_id, []).append(file.path)
        reading = _Blobs(self, self.limits.single_reads)
        size = self.limits.blobs_a_call
        for part in batched(list(paths)[: size * self.limits.blob_calls], size, strict=False):
            for object_id, content in reading.contents(part):
                yield from _each(paths.pop(object_id), object_id, content)
        for object_id, left in paths.items():
            yield from _each(left, object_id, _REFUSED)

    def opened(self, call: Call[bytes]) -> Archive | None:
        """Return an archive; None for what is too large or not sound: its files are asked for otherwise."""
        try:
            content = self.organisation.do(call)
            return Archive(content, most_entries=self.limits.entries, most_bytes=self.limits.unpacked_bytes)
        except UnreadableError:
            return None
        except RefusedError as error:
            if error.rule != TOO_LARGE:
                raise
            return None


@dataclass(frozen=True)
class Whole:
    """The files of a commit by one call, whatever their number, and however often some of them are read."""

    source: Source

    def __call__(self, files: Sequence[File]) -> Iterator[Found]:
        """Yield the content of each file, or why there is none.

        Only what the archive does not bring is asked for by itself. Raises what Azure DevOps raises.
        """
        left = {file.path: file for file in files}
        for found in self._by_archive(files) if files else ():
            del left[found.path]
            yield found
        yield from self.source.some_of(tuple(left.values()))

    @cached_property
    def _archive(self) -> Archive | None:
        source = self.source
        version, most = Version("commit", source.commit), source.limits.archive_bytes
        return source.opened(read_archive(source.project, source.repository, version, max_bytes=most))

    def _by_archive(self, files: Sequence[File]) -> Iterator[Found]:
        archive = self._archive
        if archive is None:
            return
        names = _names(archive.names, {file.path for file in files})
        for file in files:
            self.source.pace()
            found = self._entry(archive, names.get(file.path), file)
            if found:
                yield found

    def _entry(self, archive: Archive, name: str | None, file: File) -> Found | None:
        """Return an entry's content if it is the file's; None: it is to be asked for by itself."""
        if name is None:
            return None
        limits = self.source.limits
        try:
            content = archive.read(name, most=limits.file_bytes)
        except TooLargeError:
            return Unread(file.path, limits.too_large)
        except UnreadableError:
            return None
        return SourceFile(file.path, file.object_id, content) if is_content_of(file.object_id, content) else None


@dataclass(slots=True)
class _Blobs:
    """Reads contents by their ids, many at once; `singles` are the calls that are left for one alone."""

    source: Source
    singles: int

    def contents(self, object_ids: Sequence[str]) -> Iterator[tuple[str, bytes | str]]:
        """Yield ids with their contents, or why they have none; those about which nothing is known are left out."""
        left = set(object_ids)
        for object_id, content in self._together(left):
            left.discard(object_id)
            yield object_id, content
        for object_id in object_ids:
            if object_id in left and self.singles:
                self.singles -= 1
                yield object_id, self._alone(object_id)

    def _together(self, wanted: set[str]) -> Iterator[tuple[str, bytes]]:
        source = self.source
        archive = self._zip(sorted(wanted))
        digits = len(next(iter(wanted)))
        for _, content in archive.contents(most=source.limits.file_bytes) if archive else ():
            source.pace()
            if isinstance(content, bytes):
                object_id = object_id_of(content, digits=digits)
                if object_id in wanted:
                    yield object_id, content

    def _zip(self, object_ids: Sequence[str]) -> Archive | None:
        source, most = self.source, self.source.limits.archive_bytes
        try:
            return source.opened(read_blobs(source.project, source.repository, object_ids, max_bytes=most))
        except (NotFoundError, RefusedError):  # one of them is not there, or nothing is handed out in this way
            return None

    def _alone(self, object_id: str) -> bytes | str:
        source = self.source
        source.pace()
        try:
            call = read_blob(source.project, source.repository, object_id, max_bytes=source.limits.file_bytes)
            content = source.organisation.do(call)
        except NotFoundError:
            return _REFUSED
        except RefusedError as error:
            return source.limits.too_large if error.rule == TOO_LARGE else _REFUSED
        return content if is_content_of(object_id, content) else _FALSE


def _each(paths: Sequence[str], object_id: str, content: bytes | str) -> Iterator[Found]:
    """Yield what was found for all paths of one content."""
    for path in paths:
        yield Unread(path, content) if isinstance(content, str) else SourceFile(path, object_id, content)


def _names(names: Sequence[str], paths: set[str]) -> Mapping[str, str]:
    """Return the entries' names by the paths that they stand for: as they are, or below one folder for all."""
    below = {name.partition("/")[2]: name for name in names}
    return {**below, **{name: name for name in names if name in paths}}
