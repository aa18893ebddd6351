"""Parameters that any API has: pages, conditions, how deep to look. The edge needs no others."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

MAX_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `type` is what pydantic makes a schema of; those of paths are always required."""

    name: str
    place: Literal["path", "query", "header"]
    type: Any
    description: str
    required: bool = False


LIMIT = Parameter("limit", "query", Annotated[int, Field(ge=1, le=MAX_PAGE)], "How many entries a page has; 100.")
CONTINUATION = Parameter("continuation", "query", str, "What the last page had, unchanged: the page after it.")
PAGED = (LIMIT, CONTINUATION)
DEEP = Parameter("deep", "query", bool, "Ask storage, too, and count what a person should look at.")

IF_MATCH = Parameter("If-Match", "header", str, "The `ETag` that was read, or `*`: else 412.")
IF_NONE_MATCH = Parameter("If-None-Match", "header", Literal["*"], "`*`: create only, else 412.")
