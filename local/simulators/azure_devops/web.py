"""One HTTP exchange as plain values: what was asked, what is answered, and which function answers it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from local.simulators.azure_devops import errors
from local.simulators.azure_devops.identity import WEB_USER, Identity

if TYPE_CHECKING:
    from local.simulators.azure_devops.world import World

JSON = "application/json; charset=utf-8"
_VERSION = re.compile(r"(\d+)\.(\d+)(-preview(\.\d+)?)?", re.IGNORECASE)
_NEWEST = (7, 2)
_LATEST_RELEASED = (7, 1)


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is decoded; `query` has lower-case names; `names` is what the route found in the path."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str
    names: Mapping[str, str] = field(default_factory=dict)
    identity: Identity = WEB_USER

    @property
    def organization(self) -> str:
        """The organisation's name as the path has it; empty above all organisations."""
        return self.names.get("organization", "")

    @property
    def home(self) -> str:
        """The organisation's address."""
        return f"{self.base}/{self.organization}"

    def text(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return self.query.get(name.lower(), default)

    def flag(self, name: str) -> bool:
        """Return a boolean query parameter; absent is false."""
        return self.text(name).lower() == "true"

    def number(self, name: str, default: int) -> int:
        """Return a whole number of the query. Raises 400 where it is none."""
        text = self.text(name)
        if text and not text.lstrip("-").isdigit():
            raise errors.bad_request(f"The value '{text}' is not valid for {name}.")
        return int(text) if text else default

    def listed(self, name: str) -> list[str]:
        """Return the parts of a comma-separated query parameter."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def json(self) -> Any:
        """Return the body's JSON value. Raises 400 where it is none."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            message = f"The request body is not valid JSON: {error}"
            raise errors.bad_request(message, "VssRequestBodyInvalidException") from error

    def object(self) -> dict[str, Any]:
        """Return the body's JSON object. Raises 400 where it is something else."""
        value = self.json()
        if not isinstance(value, dict):
            raise errors.bad_request("Value cannot be null. Parameter name: body")
        return value

    def form(self) -> dict[str, str]:
        """Return the fields of a submitted form."""
        return {name: values[-1] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """One response. A `body` that is text or bytes is sent as it is, None is nothing, all else is JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON

    def content(self) -> bytes:
        """Return the bytes to send."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


type Handler = Callable[["World", Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path with `{names}`; with `{project?}` it also matches the path without that segment."""

    method: str
    template: str
    handler: Handler
    reads: bool = False
    preview: bool = False
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the template; the service ignores case in its own words."""
        regex = re.sub(r"[$.]", r"\\\g<0>", self.template)
        regex = regex.replace("/{project?}", "(?:/{project})?").replace("{project}", r"(?P<project>[^/_][^/]*)")
        regex = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", regex)
        regex = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", regex)
        object.__setattr__(self, "pattern", re.compile(regex, re.IGNORECASE))

    @property
    def area(self) -> str:
        """The part of the API that this belongs to: wit, hooks, git, other or page."""
        if "/_apis" not in self.template:
            return "page"
        area = self.template.partition("/_apis/")[2].partition("/")[0]
        return area if area in {"wit", "hooks", "git"} else "other"

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET" and not self.reads


def check_version(call: Call, *, preview: bool) -> str:
    """Return the api-version asked for. Raises as the service does where it is missing or unusable.

    https://learn.microsoft.com/azure/devops/integrate/concepts/rest-api-versioning
    """
    accepted = re.search(r"api-version\s*=\s*([^;,\s]+)", call.headers.get("accept", ""))
    version = call.text("api-version") or (accepted.group(1) if accepted else "")
    if not version:
        if call.method in {"GET", "OPTIONS"}:
            return "7.1"
        message = (
            f'No api-version was supplied for the "{call.method}" request. The version must be supplied either as '
            'part of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter '
            '(e.g. "?api-version=1.0").'
        )
        raise errors.bad_request(message, "VssVersionNotSpecifiedException")
    _check_supported(version, preview=preview)
    return version


def _check_supported(version: str, *, preview: bool) -> None:
    found = _VERSION.fullmatch(version)
    number = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1, 0) <= number <= _NEWEST:
        message = f'The requested REST API version of "{version}" is out of range for this server.'
        raise errors.bad_request(message, "VssVersionOutOfRangeException")
    if (preview or number > _LATEST_RELEASED) and found and not found[3]:
        message = (
            f'The requested version "{version}" of the resource is under preview. The -preview flag must be '
            f'supplied in the api-version for such requests. For example: "{version}-preview"'
        )
        raise errors.bad_request(message, "VssInvalidPreviewVersionException")
