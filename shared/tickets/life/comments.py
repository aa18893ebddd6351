"""Which comments of people the platform was told: each once, known by the revision that it made. Pure.

Whose a comment is, its author's name does not tell, for our token may be a person's. A patch of ours tests the revision
that it changes, so its own is known.
"""

from dataclasses import dataclass, replace

from shared.texts.spoken import as_harmless, as_text
from shared.tickets.life.plan import digest
from shared.tickets.life.views import CommentView
from shared.tickets.rows.records import Ticket

_MOST_TOLD = 200
_MOST_HTML = 5_000
"""Characters; an update message has a ticket twice, and a row's property 32,000 of them."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What a person wrote in a work item at a revision, as HTML; `at`: when, as Azure DevOps says it."""

    item: int
    revision: int
    author: str
    html: str
    at: str

    def view(self) -> CommentView:
        """Return it as update messages show it."""
        harmless = as_harmless(self.html)
        html = harmless if len(harmless) <= _MOST_HTML else None
        return {"author": self.author, "text": as_text(self.html), "html": html, "at": self.at or None}

    def is_news_to(self, ticket: Ticket) -> bool:
        """Whether the ticket has the work item, and nobody was told yet what somebody else than we wrote there."""
        return ticket.work_item.id == self.item and _is_news(ticket, self.revision)


def is_undecided(ticket: Ticket, revision: int) -> bool:
    """Whether a revision may be that of a patch of ours whose answer is not known yet."""
    return ticket.sending is not None and revision == ticket.sending.revision + 1


def is_ours(ticket: Ticket, comment: Comment) -> bool:
    """Whether a comment is one of a patch whose answer is not known yet: it has that revision, and says the same."""
    sending = ticket.sending if is_undecided(ticket, comment.revision) else None
    return sending is not None and digest_of(comment.html) in sending.said


def digest_of(html: str) -> str:
    """Return what stands for the words of a comment, whatever the service makes of its HTML."""
    return digest(as_text(html).split())


def told(ticket: Ticket, revision: int) -> Ticket:
    """The comment of a revision, if it has one, was told, or is ours."""
    if not _is_news(ticket, revision):
        return ticket
    known = sorted({*ticket.comments_told, revision})
    since = known[-_MOST_TOLD - 1] if len(known) > _MOST_TOLD else ticket.comments_since
    return seen(replace(ticket, comments_told=tuple(known[-_MOST_TOLD:]), comments_since=since), revision)


def seen(ticket: Ticket, revision: int) -> Ticket:
    """A revision was looked at: `comments_seen` is the last one before which none was missed."""
    return replace(ticket, comments_seen=revision) if revision == ticket.comments_seen + 1 else ticket


def seen_to(ticket: Ticket, revision: int) -> Ticket:
    """All revisions up to one were looked at."""
    return replace(ticket, comments_seen=max(revision, ticket.comments_seen))


def all_old(ticket: Ticket) -> Ticket:
    """What was said in its work item so far is old: nobody knows any more what of it was told, or is ours."""
    now = ticket.work_item.revision
    return replace(ticket, comments_since=now, comments_seen=now)


def _is_news(ticket: Ticket, revision: int) -> bool:
    return revision > ticket.comments_since and revision not in ticket.comments_told
