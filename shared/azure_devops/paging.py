"""Lists that come in pages: each page ends with a token that continues it, until there is none.

Some areas of the API send the token in a header, others in the body.
https://learn.microsoft.com/rest/api/azure/devops/core/projects/list
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.answers import Answer, judge
from shared.azure_devops.organisation import Call, Organisation
from shared.azure_devops.values import entries
from shared.errors import TransientError

_HEADER = "x-ms-continuationtoken"


@dataclass(frozen=True, slots=True)
class Page[T]:
    """A part of a list; `continuation` is the token of the next page, empty at the end."""

    entries: list[T]
    continuation: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """The JSON of an answer, with the token that its header carries."""

    value: Any
    continuation: str


def judge_listed(answer: Answer, *, changes: bool) -> Listed:
    """Return the JSON of an answer that a header continues."""
    return Listed(judge(answer, changes=changes), answer.headers.get(_HEADER, ""))


def read_listed[T](read: Callable[[Any], T]) -> Callable[[Listed], Page[T]]:
    """Return what makes a page of `{"value": […]}`, reading each entry with `read`."""
    return lambda listed: Page([read(entry) for entry in entries(listed.value["value"])], listed.continuation)


def token_query(continuation: str) -> dict[str, str]:
    """Return the query parameter that asks for a page; the first one has no token."""
    return {"continuationToken": continuation} if continuation else {}


def every[T](organisation: Organisation, page: Callable[[str], Call[Page[T]]]) -> Iterator[T]:
    """Yield the entries of all pages; `page` makes the call for a token, the first one empty.

    Raises what `Organisation.do` raises, and `TransientError` for a token that comes again: it would never end.
    """
    seen: set[str] = set()
    continuation = ""
    while True:
        found = organisation.do(page(continuation))
        yield from found.entries
        continuation = found.continuation
        if not continuation:
            return
        if continuation in seen:
            raise TransientError("Azure DevOps answered with a page that was read already.")
        seen.add(continuation)
