"""How a ticket changes with a patch of ours: when it is sent, answered, or its answer is lost. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from shared.azure_devops.work_items import WorkItem
from shared.tickets.life import comments
from shared.tickets.life.names import named, updated
from shared.tickets.life.plan import Desired, Patch, digest
from shared.tickets.life.transitions import NOT_SENT, left, seen
from shared.tickets.rows.records import CLOSED_CATEGORIES, Sending, Ticket, Written

_MAX_EARLIER = 8
TEXTS = frozenset({"System.Description", "Microsoft.VSTS.TCM.ReproSteps"})
"""Fields of HTML, of which the service stores its own version."""


def patching(ticket: Ticket, patch: Patch, revision: int, *, open_: bool, severity: str = "") -> Ticket:
    """A patch of an item at a revision is about to be sent; what it says is remembered, should its answer be lost."""
    earlier = ticket.sending if ticket.sending and ticket.sending.revision == revision else Sending(0, {}, {}, [])
    newest = {name: [digest(value), *earlier.sent.get(name, [])][:_MAX_EARLIER] for name, value in patch.fields.items()}
    goals = [open_, *earlier.goals][:_MAX_EARLIER]
    only_texts = earlier.only_texts or (bool(patch.fields) and patch.fields.keys() <= TEXTS)
    severities = [severity or ticket.told_severity, *earlier.severities][:_MAX_EARLIER]
    said = [comments.digest_of(patch.comment), *earlier.said][:_MAX_EARLIER] if patch.comment else earlier.said
    sent = {**earlier.sent, **newest}
    return replace(ticket, sending=Sending(revision, sent, patch.keeps, goals, only_texts, severities, said))


def patched(ticket: Ticket, item: WorkItem, category: str, patch: Patch, desired: Desired) -> Ticket:
    """A patch of ours was taken: `item` is what it left. It concerns nobody if another item survived meanwhile.

    Where nothing had to be sent, an earlier patch without an answer may still be on its way to this revision.
    """
    if item.id != ticket.work_item.id:
        return ticket
    was_sent = bool(patch.fields or patch.state or patch.comment)
    ours = {name: Written(digest(value), digest(named(item.fields, name))) for name, value in patch.fields.items()}
    after = replace(
        seen(ticket, item, category),
        own_revision=_own(ticket, item),
        sending=None if was_sent else ticket.sending,
        failure=None,
        written=updated(ticket.written, {**ours, **_kept(ticket.written, patch.keeps)}),
    )
    after = comments.told(after, item.revision) if was_sent else after
    if not patch.is_last:  # the goal stays: there is one more step to take
        return after
    after = replace(
        after,
        written_open=desired.open,
        left=not desired.open and desired.policies.goal == "leave",
        told_severity=desired.severity or ticket.told_severity,
        objected=category in CLOSED_CATEGORIES and (patch.objects or ticket.objected),
        objections=ticket.objections + patch.objects if desired.open else 0,
    )
    return after if desired.open else left(after)


def told(ticket: Ticket, after: WorkItem, *, is_closed: bool, by_us: bool) -> Ticket:
    """The answer to a patch was lost, and the item has a newer revision: it tells what of the patch stands there.

    `after` is the item at the revision that followed on the one that the patch tests. If patches were sent for that
    revision again and again, only one of them can have made it, or somebody else. A patch is carried out whole or not
    at all, so one value of it that is there proves it; the service may have made something else of a text.
    """
    sending = ticket.sending
    if sending is None or after.id != ticket.work_item.id:
        return ticket
    now = {name: digest(named(after.fields, name)) for name in sending.sent}
    there = {name for name, sent in sending.sent.items() if now[name] in sent}
    news = {name for name in now if not (known := named(ticket.written, name)) or known.stored != now[name]}
    is_open = not is_closed
    goal_reached = is_open in sending.goals and is_open != ticket.written_open
    if not (there & news or goal_reached or (by_us and sending.only_texts)):
        # Of a comment alone nothing is left to compare: that it is ours is the likelier.
        return replace(comments.told(ticket, after.revision) if by_us and sending.said else ticket, sending=None)
    texts = {name: Written(_only(sending.sent[name]), now[name]) for name in (TEXTS & news) - there}
    values = {name: Written(now[name], now[name]) for name in there}
    return replace(
        comments.told(ticket, after.revision),
        own_revision=_own(ticket, after) if by_us else ticket.own_revision,
        sending=None,
        written=updated(ticket.written, {**values, **texts, **_kept(ticket.written, sending.keeps)}),
        written_open=is_open if is_open in sending.goals else ticket.written_open,
        told_severity=next(iter(sending.severities), ticket.told_severity),
    )


def _only(sent: Sequence[str]) -> str:
    """Which text was sent, if only one was: the service's own version of it does not tell."""
    return sent[0] if len(sent) == 1 else NOT_SENT


def _own(ticket: Ticket, item: WorkItem) -> int:
    """A patch of ours left this revision: nobody else has written as long as each followed on the last of ours."""
    return item.revision if item.revision == ticket.own_revision + 1 else ticket.own_revision


def _kept(before: Mapping[str, Written], keeps: Mapping[str, str]) -> dict[str, Written]:
    """A person's value stays; ours is remembered as said, so that it is said once."""
    return {
        name: Written(sent, known.stored if (known := named(before, name)) else digest(None))
        for name, sent in keeps.items()
    }
