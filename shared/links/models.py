"""What a link is, and what may be sent to make one."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Literal, TypedDict, cast

from pydantic import AfterValidator, StringConstraints

from shared.connections.defaults import BY_ITSELF, Defaults, Overrides

type Kind = Literal["application", "environment"]
KINDS = ("application", "environment")


INHERITED = Overrides()
"""A link that says nothing itself."""


def _no_folder(name: str) -> str:
    """In a URL these two would name something else than a project."""
    if name in (".", ".."):
        raise ValueError("must be a project's name or id")
    return name


class LinkRequest(Overrides):
    """The body of `PUT /links/{kind}/{asset}`; what is left out comes from the connection's defaults."""

    connection: Annotated[str, StringConstraints(min_length=1, max_length=63)]
    project: Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_no_folder)]
    enabled: bool = True

    @property
    def own(self) -> Overrides:
        """The settings in it."""
        return Overrides(**{name: getattr(self, name) for name in Overrides.model_fields})


class Existing(StrEnum):
    """What becomes of an asset's tickets when its link moves."""

    KEEP = "keep"
    """They stay where they are, and are kept up to date there."""
    CLOSE = "close"
    """Their work items are closed, and they are detached."""


class LinkState(StrEnum):
    """How far a link's life has come."""

    ACTIVE = "active"
    DELETING = "deleting"
    """Its tickets are being let go."""


@dataclass(frozen=True, slots=True)
class Place:
    """A project of a connection in which an asset's work items are, or were. `left`: they are being closed there."""

    connection: str
    project_id: str
    project: str
    left: bool = False


class PlaceView(TypedDict):
    """Where an asset was linked to before and still has tickets. `closing`: their work items are being closed."""

    connection: str
    project: str
    closing: bool


class LinkView(Overrides):
    """A link as the API shows it: what it says itself, and with its connection's defaults what is in effect.

    `regrouping`: vulnerabilities are still being moved to the tickets that the grouping gives them.
    """

    kind: Kind
    asset: str
    connection: str
    project: str
    enabled: bool
    state: LinkState
    effective: Defaults
    regrouping: bool
    earlier: list[PlaceView]


@dataclass(frozen=True, slots=True)
class Link:
    """Where the work items of one asset are made, and how: `own` settings, and the connection's for the others."""

    kind: str
    asset: str
    connection: str
    project_id: str
    project: str
    own: Overrides = INHERITED
    enabled: bool = True
    state: LinkState = LinkState.ACTIVE
    grouping: str = BY_ITSELF
    """The expression in effect; an inherited one is the connection's when the link was saved."""
    kept_groupings: tuple[str, ...] = ()
    """Earlier expressions, whose tickets go on as they are."""
    regrouping: bool = False
    """Whether vulnerabilities are still to be moved to the tickets that `grouping` gives them."""
    earlier: tuple[Place, ...] = ()
    """Where the asset was linked to before, as long as tickets are there."""
    etag: str = ""

    @property
    def place(self) -> Place:
        """Where new work items go."""
        return Place(self.connection, self.project_id, self.project)

    @property
    def places(self) -> tuple[Place, ...]:
        """Everywhere, the current place first."""
        return (self.place, *self.earlier)

    @property
    def has_work(self) -> bool:
        """Whether tickets are still to be let go."""
        return self.state is LinkState.DELETING or self.regrouping or any(place.left for place in self.earlier)

    def at(self, connection: str) -> "Link | None":
        """Return the link as it concerns a connection's tickets; None if it never did."""
        if connection == self.connection:
            return self
        place = next((place for place in self.earlier if place.connection == connection), None)
        if place is None:
            return None
        return replace(self, connection=connection, project_id=place.project_id, project=place.project)

    def public(self, defaults: Defaults) -> LinkView:
        """What the API shows of it."""
        return LinkView(
            **dict(self.own),
            kind=cast("Kind", self.kind),
            asset=self.asset,
            connection=self.connection,
            project=self.project,
            effective=self.own.over(defaults).model_copy(update={"grouping": self.grouping}),
            enabled=self.enabled,
            state=self.state,
            regrouping=self.regrouping,
            earlier=[
                {"connection": place.connection, "project": place.project, "closing": place.left}
                for place in self.earlier
            ],
        )
