"""What a link is, and what may be sent to make one."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.connections.models import Tag

type Kind = Literal["application", "environment"]
KINDS = ("application", "environment")


def _no_folder(name: str) -> str:
    """In a URL these two would name something else than a project."""
    if name in (".", ".."):
        raise ValueError("must be a project's name or id")
    return name


class LinkRequest(BaseModel):
    """The body of `PUT /links/{kind}/{asset}`; what is left out comes from the connection's defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection: Annotated[str, StringConstraints(min_length=1, max_length=63)]
    project: Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_no_folder)]
    work_item_type: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=20)] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where the work items of one asset are made. `tags` come besides the connection's own filter tag."""

    kind: str
    asset: str
    connection: str
    project_id: str
    project: str
    work_item_type: str
    tags: tuple[str, ...]
    etag: str = ""

    def public(self) -> dict[str, Any]:
        """What the API shows of it."""
        return {
            "kind": self.kind,
            "asset": self.asset,
            "connection": self.connection,
            "project": self.project,
            "work_item_type": self.work_item_type,
            "tags": list(self.tags),
        }
