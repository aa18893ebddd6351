"""One convention, as the tables of registry.toml and of links write it. docs/registries.md explains each field."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from shared.registries.conventions.paths import PATTERN
from shared.validation import Model

type Pattern = Annotated[str, StringConstraints(pattern=PATTERN, max_length=300)]
# Where a value comes from: an argument by its position or keyword, an attribute of the class, or the object itself.
type Source = Annotated[
    str,
    StringConstraints(
        pattern=r"^(argument:\w{1,100}|attribute:[^\W\d]\w{0,100}|object(:(lower|snake|upper_snake|qualified))?)$"
    ),
]
type Dependency = Annotated[
    str,
    StringConstraints(pattern=r"^(parameters|annotations|defaults|references|look_ups|argument:\w{1,100})$"),
]
type Patterns = Annotated[tuple[Pattern, ...], Field(max_length=200)]
type Sources = Annotated[tuple[Source, ...], Field(max_length=10)]


class _Table(Model):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class LookUp(_Table):
    """A call that looks something up by its name, and where that name (and the registry's) stands in it."""

    call: Pattern
    name: Source = "argument:0"
    registry: Source | None = None


class Convention(_Table):
    """Which decorators, calls, base classes, tables or entry points register, and what."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,50}$")]
    kind: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "{id}"
    decorators: Patterns = ()
    calls: Patterns = ()
    bases: Patterns = ()
    tables: Patterns = ()
    entry_points: Annotated[tuple[Annotated[str, StringConstraints(max_length=200)], ...], Field(max_length=200)] = ()
    look_ups: Annotated[tuple[LookUp | Pattern, ...], Field(max_length=200)] = ()
    name: Sources = ("argument:0", "argument:name", "object")
    object: Sources = ("argument:1",)
    label: Annotated[str, StringConstraints(max_length=200)] = "{name}"
    depends: Annotated[tuple[Dependency, ...], Field(max_length=20)] = (
        "annotations",
        "defaults",
        "references",
        "look_ups",
    )
    unnamed: Literal["unresolved", "skip"] = "unresolved"

    @model_validator(mode="after")
    def _registers(self) -> "Convention":
        if not (self.decorators or self.calls or self.bases or self.tables or self.entry_points or self.look_ups):
            raise ValueError("names none of decorators, calls, bases, tables, entry_points, look_ups")
        return self

    def all_look_ups(self) -> tuple[LookUp, ...]:
        """Return the look-ups, each written out."""
        return tuple(one if isinstance(one, LookUp) else LookUp(call=one) for one in self.look_ups)


class Document(_Table):
    """registry.toml: `[[convention]]` tables; `without` leaves built-in ones out."""

    convention: Annotated[tuple[Convention, ...], Field(max_length=100)] = ()
    without: Annotated[tuple[str, ...], Field(max_length=100)] = ()
