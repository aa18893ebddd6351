"""A registration that was found, before it is a node of the graph."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.registries.conventions import Convention
from shared.registries.graph.model import Place, Registered
from shared.registries.reading.modules import Module
from shared.registries.reading.notation import Definition, Expression


@dataclass(frozen=True, slots=True)
class Subject:
    """What is registered: its definition and where that is, as far as the repository has it."""

    qualified: str = ""
    definition: Definition | None = None
    module: Module | None = None

    @property
    def name(self) -> str:
        """Its own name; "" if it has none."""
        return self.qualified.rpartition(".")[2]

    def registered(self) -> Registered:
        """Return it as the graph has it."""
        if self.definition is None or self.module is None:
            return Registered(self.qualified)
        place = Place(self.module.path, int(self.definition["l"]))
        return Registered(self.qualified, place, str(self.definition.get("t", "")))


@dataclass(frozen=True, slots=True)
class Draft:
    """One name that is registered, by which convention, in which registry, where, and with which arguments."""

    convention: Convention
    registry: str
    name: str
    place: Place
    subject: Subject
    module: Module | None = None
    conditional: bool = False
    args: Sequence[Expression] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
