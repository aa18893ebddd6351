"""One ticket's work items in a few lines of Azure DevOps: revisions, states, a recycle bin, and who wrote what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.azure_devops.work_item_types import Workflow
from shared.azure_devops.work_items import WorkItem

PROJECT, TYPE = "Web Shop", "Issue"
STATE, DESCRIPTION, BY = "System.State", "System.Description", "System.ChangedBy"
US, PEOPLE = "Bridge", "Jamal"


class ConflictError(Exception):
    """The item has another revision, or is in the recycle bin."""


@dataclass
class Card:
    """A work item with all of its revisions. `theirs`: fields in which a person's value stands."""

    nonce: str
    revisions: list[WorkItem]
    deleted: bool = False
    theirs: set[str] = field(default_factory=set)
    touched: bool = False
    moved: bool = False
    comments: list[str] = field(default_factory=list)

    @property
    def now(self) -> WorkItem:
        return self.revisions[-1]

    @property
    def first(self) -> Mapping[str, Any]:
        return self.revisions[0].fields


@dataclass
class SmallAzureDevOps:
    """What the machine talks to; `late` are requests that are still on their way."""

    workflow: Workflow
    cards: dict[int, Card] = field(default_factory=dict)
    late: list[Callable[[], None]] = field(default_factory=list)
    writes: int = 0

    def create(self, fields: Mapping[str, Any], nonce: str) -> WorkItem:
        self.writes += 1
        number = len(self.cards) + 1
        values = {STATE: self.workflow.names[0], "System.WorkItemType": TYPE, BY: US, **_stored(fields)}
        item = WorkItem(number, 1, PROJECT, values, (), f"https://example.test/{number}")
        self.cards[number] = Card(nonce, [item])
        return item

    def patch(self, number: int, revision: int, fields: Mapping[str, Any], state: str | None, comment: str) -> WorkItem:
        """A change of ours, if the item still has the revision. What it must never do is asserted here."""
        card = self.cards[number]
        if card.deleted or card.now.revision != revision:
            raise ConflictError
        self.writes += 1
        assert not card.theirs & fields.keys(), f"overwrites what a person wrote: {card.theirs & fields.keys()}"
        if state:
            assert self.workflow.allows(card.now.state, state), f"{card.now.state} → {state} is not allowed"
        card.comments += [comment] if comment else []
        return self._revise(card, US, {**_stored(fields), **({STATE: state} if state else {})})

    def edit(self, number: int, **changes: Any) -> None:
        """A person changes fields, named by their last part, or the state, or only says something."""
        card = self.cards[number]
        names = {"title": "System.Title", "priority": "Microsoft.VSTS.Common.Priority", "state": STATE}
        fields = {names[name]: value for name, value in changes.items()}
        card.touched = True
        card.moved |= STATE in fields
        card.theirs |= {name for name, value in fields.items() if value != card.now.fields.get(name)} - {STATE}
        self._revise(card, PEOPLE, fields)

    def bin(self, number: int, *, deleted: bool) -> None:
        """A deletion and a restoring make a revision each."""
        card = self.cards[number]
        card.deleted = deleted
        self._revise(card, PEOPLE, {})

    def _revise(self, card: Card, by: str, fields: Mapping[str, Any]) -> WorkItem:
        now = card.now
        after = replace(now, revision=now.revision + 1, fields={**now.fields, BY: by, **fields})
        card.revisions.append(after)
        return after


def _stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Texts come back as the service's own version of them."""
    return {name: f"{value}\n" if name == DESCRIPTION else value for name, value in fields.items() if value != ""}
