"""plan() and what follows from it, whatever comes in whatever order: the whole life of a ticket as a state machine."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.connections.defaults import Defaults
from shared.storage.tables import Row
from shared.tickets.life.attempts import new_nonce
from shared.tickets.life.patches import patched, patching, told
from shared.tickets.life.plan import (
    Create,
    Desired,
    Heal,
    Look,
    Nothing,
    Patch,
    Policies,
    Read,
    Renew,
    plan,
)
from shared.tickets.life.transitions import (
    Made,
    attempted,
    created,
    healed,
    looked_in_vain,
    not_created,
    observed,
    refer,
    renewed,
    settled,
    summarised,
)
from shared.tickets.rows.arrivals import Position
from shared.tickets.rows.records import CLOSED_CATEGORIES, Attempt, Ticket
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from shared.tickets.vulnerabilities.together import in_order, severity
from tests.thorough import examples
from tests.unit.small_azure_devops import BY, DESCRIPTION, PROJECT, US, Card, ConflictError, SmallAzureDevOps
from tests.unit.workflows import AGILE_BUG, BASIC, SCRUM_BUG, workflow

CMMI_BUG = workflow(Proposed="Proposed", InProgress="Active", Resolved="Resolved", Completed="Closed")
NARROW = workflow(
    {"To Do": "Doing", "Doing": "Checked|To Do", "Checked": "Doing|Done", "Done": "Doing"},
    Proposed="To Do",
    InProgress="Doing",
    Resolved="Checked",
    Completed="Done",
)
WORKFLOWS = {"basic": BASIC, "scrum": SCRUM_BUG, "agile": AGILE_BUG, "cmmi": CMMI_BUG, "narrow": NARROW}
ASSET = {"kind": "application", "id": "shop"}
START = datetime(2026, 11, 21, tzinfo=UTC)
FATES = st.sampled_from(["taken", "taken", "taken", "lost", "unanswered", "late"])
MEMBERS = st.sampled_from(["V1", "V1", "V2", "V3"])
ENOUGH = 40
"""Rounds: three answers to a card that people close, a way of three steps, two look-ups, and room."""


class Life(RuleBasedStateMachine):
    """One ticket, the people at its card, and a bridge whose requests and news get lost, late and repeated."""

    @initialize(
        process=st.sampled_from(sorted(WORKFLOWS)),
        closing=st.sampled_from(["completed", "resolved", "removed", "leave"]),
        closed_by_people=st.sampled_from(["leave", "comment", "reopen"]),
        returned=st.sampled_from(["reopen", "new"]),
        fate=st.sampled_from(["taken", "taken", "lost", "unanswered", "late", "late"]),
    )
    def begin(self, process: str, fate: str, **policies: Any) -> None:
        self.azure = SmallAzureDevOps(WORKFLOWS[process])
        self.members: dict[str, tuple[Position, Vulnerability]] = {}
        self.ticket = Ticket("application", "shop", created_at=START, changed_at=START)
        self.now = START
        self.sent = 0
        self.seen: list[Vulnerability] = []
        self.unclaimed: set[int] = set()
        self.too_late: set[int] = set()
        self.set_policies(**policies)
        self._says("V1", severity="medium", status="open", title="one")
        self._round(fate)

    # The platform

    @rule(
        id_=MEMBERS,
        severity=st.sampled_from(["critical", "medium", "low"]),
        status=st.sampled_from(["open", "open", "open", "fixed", "fixed", "false_positive", "risk_accepted"]),
        title=st.sampled_from(["one", "two"]),
        is_lost=st.sampled_from([False, False, False, True]),
        fate=FATES,
    )
    def says(self, id_: str, fate: str, *, is_lost: bool, **values: str) -> None:
        self._says(id_, is_lost=is_lost, **values)
        self._round(fate)

    def _says(self, id_: str, *, is_lost: bool = False, **values: str) -> None:
        self.sent += 1
        vulnerability = Vulnerability.model_validate({"id": id_, "asset": ASSET, "sequence": self.sent, **values})
        self.seen.append(vulnerability)
        if not is_lost:
            self._arrives(vulnerability)

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def an_old_snapshot_comes_again(self, data: st.DataObject) -> None:
        before = dict(self.members)
        known = [one for one in self.seen if one.id in before]
        if known:
            self._arrives(data.draw(st.sampled_from(known)))
            assert all(self.members[id_][0].sequence >= position.sequence for id_, (position, _) in before.items())

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def a_member_leaves_the_group(self, data: st.DataObject) -> None:
        del self.members[data.draw(st.sampled_from(sorted(self.members)))]

    def _arrives(self, vulnerability: Vulnerability) -> None:
        position = Position(START, vulnerability.sequence or 0)
        stored = self.members.get(vulnerability.id)
        if stored is None or not position.is_older_than(stored[0]):
            self.members[vulnerability.id] = (position, vulnerability)

    # The administrator

    @rule(
        closing=st.sampled_from(["completed", "resolved", "removed", "leave"]),
        closed_by_people=st.sampled_from(["leave", "comment", "reopen"]),
        returned=st.sampled_from(["reopen", "new"]),
    )
    def set_policies(self, closing: str, **policies: Any) -> None:
        goals = dict.fromkeys(("fixed", "false_positive", "risk_accepted"), closing)
        self.making = Defaults.model_validate({"closing": goals, **policies})

    # People at the card

    def _cards(self) -> list[int]:
        return [number for number, card in self.azure.cards.items() if not card.deleted]

    @precondition(lambda self: self._cards())
    @rule(data=st.data(), change=st.sampled_from(["title", "priority", "comment"]))
    def somebody_edits(self, data: st.DataObject, change: str) -> None:
        number = data.draw(st.sampled_from(self._cards()))
        values: dict[str, dict[str, Any]] = {"title": {"title": "theirs"}, "priority": {"priority": 77}, "comment": {}}
        self.azure.edit(number, **values[change])

    @precondition(lambda self: self._cards())
    @rule(data=st.data())
    def somebody_moves_it(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self._cards()))
        current = self.azure.cards[number].now.state
        goals = [name for name in self.azure.workflow.names if self.azure.workflow.allows(current, name)]
        self.azure.edit(number, state=data.draw(st.sampled_from(goals)))

    @precondition(lambda self: self.azure.cards)
    @rule(data=st.data())
    def somebody_deletes_or_restores_it(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.azure.cards)))
        card = self.azure.cards[number]
        card.touched = True
        self.azure.bin(number, deleted=not card.deleted)

    # The news of it: any revision, whenever, or never

    @precondition(lambda self: self.ticket.work_item.id)
    @rule(data=st.data(), is_category_known=st.booleans())
    def an_event_comes(self, data: st.DataObject, *, is_category_known: bool) -> None:
        card = self.azure.cards[self.ticket.work_item.id]
        item = data.draw(st.sampled_from(card.revisions))
        category = self.azure.workflow.category(item.state) if is_category_known else ""
        deleted = card.deleted and item is card.now
        known = self.ticket.work_item.revision
        self.ticket = observed(self.ticket, refer(item, category, deleted=deleted))
        assert self.ticket.work_item.revision >= known, "an old event overwrites what is known"

    @precondition(lambda self: self.unclaimed)
    @rule()
    def an_item_that_nobody_knows_is_heard_of(self) -> None:
        number = self.unclaimed.pop()
        self._adopt(self.azure.cards[number])

    @precondition(lambda self: self.azure.late)
    @rule()
    def what_was_late_is_carried_out(self) -> None:
        self.azure.late.pop(0)()

    @rule(lease_is_over=st.booleans())
    def time_passes(self, *, lease_is_over: bool) -> None:
        self.now += timedelta(seconds=400 if lease_is_over else 61)

    # The bridge

    @rule(fate=FATES)
    def works(self, fate: str) -> None:
        self._round(fate)

    def _desired(self) -> Desired:
        members = in_order(member for _, member in self.members.values())
        if not members:
            return Desired({}, open=False, farewell="nothing left")
        worst = severity(members).value
        statuses = {member.status for member in members}
        status = members[0].status if len(statuses) == 1 else next(iter(statuses - {"open"}))
        fields = {
            "System.Title": members[0].title,
            DESCRIPTION: ", ".join(f"{member.id} {member.title}" for member in members),
            "Microsoft.VSTS.Common.Priority": self.making.priority(worst),
        }
        policies = Policies(self.making.goal(status), self.making.closed_by_people, self.making.returned)
        is_open = "open" in statuses
        return Desired(fields, open=is_open, status=status, severity=worst, policies=policies)

    def _round(self, fate: str) -> None:
        members = in_order(member for _, member in self.members.values())
        match plan(self._desired(), self.ticket):
            case Nothing():
                self.ticket = settled(summarised(self.ticket, members))
            case Look():
                self._look(fate)
            case Heal():
                self._heal()
            case Create():
                self._create(fate)
            case Read():
                self._change(fate)

    def _create(self, fate: str) -> None:
        there = {number for number, card in self.azure.cards.items() if self._is_current(card)}
        assert there <= self.unclaimed & self.too_late, "a second work item is created while the first is there"
        nonce, desired = new_nonce(self.ticket.generation), self._desired()
        self.ticket = attempted(self.ticket, Attempt(nonce, self.now, PROJECT), desired)

        def carry_out() -> None:
            item = self.azure.create(desired.fields, nonce)
            self.unclaimed.add(item.id)
            self.too_late |= {item.id} if fate == "late" else set()

        self._send(fate, carry_out)
        if fate == "taken":
            number = max(self.azure.cards)
            self.unclaimed.discard(number)
            self._adopt(self.azure.cards[number])

    def _is_current(self, card: Card) -> bool:
        known = self.ticket.work_item.id
        generation = int(card.nonce[:2], 16) if len(card.nonce) == 18 else 0
        return generation == self.ticket.generation and not card.deleted and card.now.id != known

    def _adopt(self, card: Card) -> None:
        category = self.azure.workflow.category(card.now.state)
        taken = created(self.ticket, Made(card.now, category, card.nonce, card.first))
        self.ticket = observed(taken, refer(card.now, category, deleted=card.deleted))

    def _look(self, fate: str) -> None:
        """An unanswered look-up is unknown: nothing changes."""
        attempt = self.ticket.attempt
        assert attempt
        if fate != "taken":
            return
        cards = self.azure.cards.items()
        found = [card for number, card in cards if card.nonce == attempt.nonce or number in self.unclaimed]
        self.unclaimed -= {card.now.id for card in found}
        for card in found:
            self._adopt(card)
        if found or self.now < attempt.at + timedelta(seconds=300):
            return
        if attempt.looked_at is None:
            self.ticket = looked_in_vain(self.ticket, self.now)
        elif self.now >= attempt.looked_at + timedelta(seconds=60):
            self.ticket = not_created(self.ticket)

    def _heal(self) -> None:
        for number, own_revision in self.ticket.duplicates.items():
            card = self.azure.cards[number]
            if not card.deleted and card.now.revision <= own_revision:
                assert not card.touched, "a card that somebody touched is removed"
                self.azure.bin(number, deleted=True)
            self.ticket = healed(self.ticket, number)

    def _change(self, fate: str) -> None:
        card = self.azure.cards[self.ticket.work_item.id]
        if card.deleted:
            self.ticket = observed(self.ticket, replace(self.ticket.work_item, deleted=True))
            return
        item, sending = card.now, self.ticket.sending
        if sending and item.revision > sending.revision:
            self._tell(card, card.revisions[sending.revision])
            return
        desired = self._desired()
        decision = plan(desired, self.ticket, item, self.azure.workflow)
        if isinstance(decision, Renew):
            self.ticket = renewed(self.ticket, self.ticket.generation + 1)
        elif isinstance(decision, Patch):
            self._patch(decision, item.id, desired, fate)

    def _tell(self, card: Card, after: Any) -> None:
        closed = self.azure.workflow.category(after.state) in CLOSED_CATEGORIES
        self.ticket = told(self.ticket, after, is_closed=closed, by_us=after.revision in self._ours(card))

    def _ours(self, card: Card) -> set[int]:
        return {item.revision for item in card.revisions if item.fields.get(BY) == US}

    def _patch(self, patch: Patch, number: int, desired: Desired, fate: str) -> None:
        card = self.azure.cards[number]
        before = card.now
        if not (patch.fields or patch.state or patch.comment):
            self._patched(before, patch, desired)
            return
        goal = desired.open if patch.is_last else self.ticket.written_open
        self.ticket = patching(self.ticket, patch, before.revision, open_=goal)

        def carry_out() -> None:
            self.azure.patch(number, before.revision, patch.fields, patch.state, patch.comment)

        self._send(fate, carry_out)
        if fate == "taken" and card.now is not before:
            self._patched(card.now, patch, desired)

    def _patched(self, item: Any, patch: Patch, desired: Desired) -> None:
        self.ticket = patched(self.ticket, item, self.azure.workflow.category(item.state), patch, desired)

    def _send(self, fate: str, carry_out: Any) -> None:
        def quietly() -> None:
            with suppress(ConflictError):
                carry_out()

        if fate in ("taken", "unanswered"):
            quietly()
        elif fate == "late":
            self.azure.late.append(quietly)

    # What holds at any time

    @invariant()
    def its_row_says_all_of_it(self) -> None:
        row = Row("p", "t|ticket", ticket_values(self.ticket), "etag", START)
        assert read_ticket(row).ticket == self.ticket

    @invariant()
    def unknown_is_looked_for_first(self) -> None:
        if self.ticket.attempt and not self.ticket.work_item.id:
            assert plan(self._desired(), self.ticket) == Look()

    # What holds in the end

    def teardown(self) -> None:
        if not hasattr(self, "azure"):
            return
        self._drain()  # whoever waits for what is late waits in vain
        while self.azure.late:
            self.azure.late.pop(0)()
        self._drain()
        writes, ticket = self.azure.writes, self.ticket
        for _ in range(3):
            self._verify()
            self._round("taken")
        assert self.azure.writes == writes, "something is written though nothing changed"
        # A patch that may still be carried out late is not forgotten, and looked for whenever there is work.
        assert self.ticket.sending or plan(self._desired(), self.ticket) == Nothing()
        assert self.ticket == ticket
        self._agrees()

    def _drain(self) -> None:
        for _ in range(ENOUGH):
            self._verify()
            self._round("taken")
            self.now += timedelta(seconds=400)

    def _verify(self) -> None:
        """Every item is read: the ticket's own, and those that nobody knows."""
        while self.unclaimed:
            self.an_item_that_nobody_knows_is_heard_of()
        number = self.ticket.work_item.id
        if number:
            card = self.azure.cards[number]
            category = self.azure.workflow.category(card.now.state)
            self.ticket = observed(self.ticket, refer(card.now, category, deleted=card.deleted))

    def _agrees(self) -> None:
        desired, number = self._desired(), self.ticket.work_item.id
        live = [card for card in self.azure.cards.values() if self._is_current(card) and not card.touched]
        assert not live, "a second work item survives that nobody touched"
        if not number:
            assert not desired.open
            return
        card = self.azure.cards[number]
        if card.deleted:
            return
        for name, value in desired.fields.items():
            shown = f"{value}\n" if name == DESCRIPTION else value
            assert name in card.theirs or card.now.fields.get(name) == shown, f"{name} is not up to date"
        category = self.azure.workflow.category(card.now.state)
        if card.moved:  # the state is people's until the platform says something else
            return
        if desired.open:
            assert category not in CLOSED_CATEGORIES
        elif desired.policies.goal != "leave":  # what was resolved once is not completed by another policy
            assert category in CLOSED_CATEGORIES | {"Resolved"}


Life.TestCase.settings = settings(
    max_examples=examples(250),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestLife = Life.TestCase
