"""Where a result is: a path that is the same on every machine, a line, a snippet, a link to the source."""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from shared.tickets.sarif.values import Json, entries, entry, index, text
from shared.tickets.vulnerabilities.snapshots import MAX_TEXT, Location

_MAX_LINE = 2**31 - 1
_MAX_BASES = 10
_REVISION = re.compile(r"[0-9a-fA-F]{7,64}")
_DRIVE = re.compile(r"/([A-Za-z]:(?:/|$))")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one result is; every member may be empty."""

    path: str
    line: int | None
    snippet: str
    component: str
    url: str

    def location(self) -> Location | None:
        """Return the snapshot's form, or None if there is nothing to say."""
        if not (self.path or self.snippet):
            return None
        return Location(path=self.path, line=self.line, url=self.url, snippet=self.snippet)


class Roots:
    """The roots that paths of one run are relative to, and the repository that they come from."""

    def __init__(self, bases: Json, artifacts: list[Json], provenance: list[Json]) -> None:
        self._bases = bases
        self._artifacts = artifacts
        self._provenance = provenance
        repositories = [self._based(entry(found, "mappedTo")) for found in provenance]
        bases_given = [text(base, "uri") for base in bases.values()]
        self._roots = [*_longest_first(repositories), *_longest_first(bases_given)]

    @classmethod
    def of(cls, run: Json) -> "Roots":
        """Return the roots of the run with these members."""
        artifacts = [entry(found, "location") for found in entries(run, "artifacts")]
        return cls(entry(run, "originalUriBaseIds"), artifacts, entries(run, "versionControlProvenance"))

    def place(self, result: Json, logical_locations: list[Json]) -> Place:
        """Return where `result` is: its first location counts."""
        locations = entries(result, "locations")
        location = locations[0] if locations else {}
        physical = entry(location, "physicalLocation")
        path = self.path(entry(physical, "artifactLocation"))
        line = index(physical, "region", "startLine")
        line = line if line and line <= _MAX_LINE else None
        snippets = (text(physical, region, "snippet", "text") for region in ("region", "contextRegion"))
        snippet = next(filter(None, snippets), "")
        return Place(path, line, snippet, _component(location, logical_locations), self._link(path, line))

    def path(self, artifact: Json) -> str:
        """Return the path of an artifact location, relative to the repository or else the innermost root."""
        at = index(artifact, "index")
        if not text(artifact, "uri") and at is not None and at < len(self._artifacts):
            artifact = self._artifacts[at]
        path = _readable(self._based(artifact))
        for root in self._roots:
            if path.startswith(root):
                return path[len(root) :]
        return path

    def _based(self, artifact: Json) -> str:
        """Return the URI with its bases before it, as far as they are given (3.14.14); a circle ends."""
        uri = text(artifact, "uri")
        for _ in range(_MAX_BASES):
            artifact = entry(self._bases, text(artifact, "uriBaseId"))
            if _is_absolute(uri) or not artifact:
                break
            base = text(artifact, "uri")
            uri = posixpath.join(base, uri) if base else uri
        return uri

    def _link(self, path: str, line: int | None) -> str:
        """Return the address of the line if one known host and revision leave no doubt, else nothing."""
        if _SCHEME.match(path):
            return path if path.startswith("https://") else ""
        if len(self._provenance) != 1 or not path or path.startswith(("/", "../")):
            return ""
        return _source_link(self._provenance[0], path, line)


def _component(location: Json, logical_locations: list[Json]) -> str:
    found = entries(location, "logicalLocations") or [entry(location, "logicalLocation")]
    logical = found[0]
    at = index(logical, "index")
    if at is not None and at < len(logical_locations):
        logical = {**logical_locations[at], **logical}
    return text(logical, "fullyQualifiedName") or text(logical, "decoratedName") or text(logical, "name")


def _longest_first(uris: list[str]) -> list[str]:
    """Return the absolute ones as folders; a base that is relative to another is part of the path."""
    folders = {_readable(uri).rstrip("/") + "/" for uri in uris if _is_absolute(uri)}
    return sorted(folders, key=lambda folder: (-len(folder), folder))


def _is_absolute(uri: str) -> bool:
    return uri.startswith("/") or bool(_SCHEME.match(uri) or re.match(r"[A-Za-z]:[\\/]", uri))


def _readable(uri: str) -> str:
    """Return a file's URI as a path with forward slashes; an address of the web stays as it is."""
    if uri.lower().startswith("file:"):
        uri = _DRIVE.sub(r"\1", unquote(_file_path(uri)), count=1)
    elif _SCHEME.match(uri):
        return uri[:MAX_TEXT]
    else:
        uri = unquote(uri)
    path = uri.replace("\\", "/")
    if not path:
        return ""
    folder = "/" if path.endswith("/") and path.strip("/") else ""
    normal = posixpath.normpath(path[:MAX_TEXT]).replace("//", "/")
    return "" if normal == "." else normal + folder


def _file_path(uri: str) -> str:
    """Return the path of a file: URI, with its host where it names a share; never raises."""
    rest = uri[len("file:") :]
    if not rest.startswith("//"):
        return rest
    host, slash, path = rest[2:].partition("/")
    return slash + path if host in ("", "localhost") else f"/{host}{slash}{path}"


def _source_link(provenance: Json, path: str, line: int | None) -> str:
    """Return the address of a file at a revision, for the hosts whose form we know; no credentials."""
    revision = text(provenance, "revisionId")
    try:
        repository = urlsplit(text(provenance, "repositoryUri"))
        host = (repository.hostname or "").lower()
    except ValueError:
        return ""
    if repository.scheme != "https" or not host or not _REVISION.fullmatch(revision):
        return ""
    folder = quote(unquote(repository.path.rstrip("/").removesuffix(".git")))
    file = quote(path)
    if host in ("github.com", "www.github.com"):
        return f"https://github.com{folder}/blob/{revision}/{file}" + (f"#L{line}" if line else "")
    if (host == "dev.azure.com" or host.endswith(".visualstudio.com")) and "/_git/" in folder:
        return f"https://{host}{folder}?path=/{file}&version=GC{revision}" + _azure_line(line)
    return ""


def _azure_line(line: int | None) -> str:
    """Azure Repos highlights a line only if it is told where the selection ends."""
    if not line:
        return ""
    return f"&line={line}&lineEnd={line + 1}&lineStartColumn=1&lineEndColumn=1"
