"""Comments of people: which are news, what is told of them, and what events say of them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.storage import tables
from shared.storage.queues import MAX_MESSAGE_BYTES
from shared.storage.sizes import checked_size
from shared.texts.spoken import as_harmless, as_text
from shared.tickets.life import comments
from shared.tickets.life.comments import Comment
from shared.tickets.life.room import title
from shared.tickets.life.transitions import summarised
from shared.tickets.life.views import update
from shared.tickets.observing.hook_events import read_event, shortened
from shared.tickets.rows.records import Failure, Sending, Stored, Ticket, WorkItemRef
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values
from shared.tickets.updates.messages import as_sent
from tests.unit.vulnerabilities import vulnerability

TICKET = Ticket("application", "shop", work_item=WorkItemRef(id=7, revision=1), comments_since=1, comments_seen=1)


def said(revision: int, html: str = "<p>Hello</p>", item: int = 7) -> Comment:
    return Comment(item, revision, "Ada", html, "")


def test_a_comment_is_news_once_whatever_the_order() -> None:
    ticket = comments.told(TICKET, 5)

    assert not said(5).is_news_to(ticket)
    assert said(3).is_news_to(ticket)
    assert not said(3).is_news_to(comments.told(ticket, 3))


def test_what_was_said_before_or_elsewhere_is_no_news() -> None:
    assert not said(1).is_news_to(TICKET)
    assert not said(5, item=8).is_news_to(TICKET)


def test_more_than_are_remembered_are_not_told_again() -> None:
    ticket = TICKET
    for revision in range(2, 502):
        ticket = comments.told(ticket, revision)

    assert len(ticket.comments_told) == 200
    assert not any(said(revision).is_news_to(ticket) for revision in range(502))
    assert ticket.comments_seen == 501


def test_a_gap_in_what_was_looked_at_stays_one() -> None:
    assert comments.told(comments.seen(TICKET, 2), 4).comments_seen == 2


@pytest.mark.parametrize(
    ("revision", "html", "is_ours"), [(4, "<p>Worse</p>", True), (4, "No", False), (5, "Worse", False)]
)
def test_a_comment_of_a_patch_without_an_answer_is_ours(revision: int, html: str, *, is_ours: bool) -> None:
    sending = Sending(3, {}, {}, [True], said=[comments.digest_of("<p>Worse\n</p>")])

    assert comments.is_ours(replace(TICKET, sending=sending), said(revision, html)) is is_ours


def test_a_row_of_the_version_before_tells_nothing_old() -> None:
    values = ticket_values(replace(TICKET, work_item=WorkItemRef(id=7, revision=9)))
    older = {name: value for name, value in values.items() if not name.startswith("comments_")}
    row: Any = type("Row", (), {"key": "t|x", "etag": "1", "values": older})

    found: Stored = read_ticket(row)

    assert (found.ticket.comments_since, found.ticket.comments_seen) == (9, 9)


HOSTILE = "<img src=x onerror=alert(1)><a href='javascript:x'>a</a><style>b</style>\u202e<p onclick=x>c</p>"


def test_hostile_html_does_nothing() -> None:
    assert as_text(HOSTILE) == "ac"
    assert "alert" not in (harmless := as_harmless(HOSTILE))
    assert not {"javascript", "style", "onclick", "\u202e"} & set(harmless.split())
    assert "javascript" not in harmless


def test_each_paragraph_is_a_line() -> None:
    assert as_text("<div>a &lt;b&gt;</div><div>c<br>d</div><ul><li>e</li><li>f</li></ul>") == "a <b>\nc\nd\ne\nf"


def event(kind: str, fields: dict[str, Any], **more: Any) -> Any:
    found = read_event("contoso", {"eventType": kind, "resource": {"id": 7, "rev": 3, "fields": fields, **more}})
    assert found is not None
    return found


def test_commented_says_it_in_plain_and_updated_among_its_changes() -> None:
    delta = {"System.History": {"newValue": "Hello"}}
    revision = {"id": 7, "rev": 3, "fields": {"System.History": "Of an earlier one"}}

    assert event("workitem.commented", {"System.History": "Hello"}).comment == "Hello"
    assert event("workitem.updated", delta, workItemId=7, revision=revision).comment == "Hello"
    assert event("workitem.updated", {}, workItemId=7, revision=revision).comment == ""
    assert event("workitem.restored", {"System.History": "Hello"}).comment == ""


@given(st.text(), st.sampled_from(['"', "\\", "🌡", "é", "\n", "\ud800"]))
def test_an_event_fits_a_message_whatever_was_said(text: str, letter: str) -> None:
    fields = {"System.History": text + letter * 10_000, "System.Tags": "🌡" * 10_000, "System.State": "🌡" * 500}
    long = dict.fromkeys(("System.TeamProject", "System.WorkItemType", "System.ChangedBy"), "🌡" * 500)
    made = event("workitem.commented", {**fields, **long, "System.AssignedTo": "🌡" * 500})

    text = json.dumps(made.message(), separators=(",", ":"), ensure_ascii=False)

    assert len(text.encode()) <= MAX_MESSAGE_BYTES
    assert made.comment.endswith("…")


def test_a_told_comment_fits_a_row_and_a_message() -> None:
    shown = said(3, "<p>" + "&amp;<" * 1_000 + "</p>").view()

    assert len(shown["text"]) <= 3_001
    assert shown["html"] is None or len(shown["html"]) <= 5_000


def telling_of(letter: str, comment: str) -> str:
    """The message of a comment on a ticket that is as large as one can be."""
    members = [vulnerability(f"{number:03}" + letter * 997, title=letter * 1_000) for number in range(100)]
    failure = Failure("refused", letter * 500, letter * 500)
    ticket = summarised(replace(TICKET, failure=failure), members)
    view = said(3, shortened(comment)).view()
    message = update("contoso", "k" * 32, ticket, ticket, change="commented", by="Ada", comment=view)
    assert message is not None
    return as_sent(message)


@pytest.mark.parametrize("letter", ["a", '"', "\\", "é", "中", "🌡", "\x01"])
@pytest.mark.parametrize("spoken", ["a", '"', "中", "🌡", "&amp;", "a<br>"])
def test_the_longest_comment_on_the_largest_ticket_fits_a_queue_and_a_row(letter: str, spoken: str) -> None:
    text = telling_of(letter, spoken * 3_000)

    assert len(text.encode()) <= MAX_MESSAGE_BYTES
    checked_size(tables.create("h|k", {"schema": 1, "message": text}))
    told = json.loads(text)["comment"]
    assert len(told["text"]) >= 500


@pytest.mark.parametrize(("letter", "kept"), [("a", 1_000), ('"', 1_000), ("中", 1_000), ("🌡", 750), ("\x01", 500)])
def test_a_title_takes_no_more_room_than_there_is(letter: str, kept: int) -> None:
    assert title(letter * 2_000) == letter * kept
    assert title(f"a{letter}") == f"a{letter}"


def test_a_comment_that_is_too_long_for_its_message_loses_its_html_first() -> None:
    assert json.loads(telling_of("a", "<p>short</p>"))["comment"]["html"] == "<p>short</p>"
    assert json.loads(telling_of('"', '"' * 3_000))["comment"]["html"] is None


@pytest.mark.parametrize(("filler", "least"), [("x" * 30_000, 1_300), ("中" * 14_600, 2_500)])
def test_a_comment_that_is_too_long_for_its_message_even_so_is_cut_visibly(filler: str, least: int) -> None:
    comment = {"author": "Ada", "text": '"' * 3_000, "html": "<p>" + "x" * 4_000, "at": None}

    text = as_sent({"current": filler, "comment": comment})

    told = json.loads(text)["comment"]
    assert told["html"] is None
    assert told["text"] == '"' * (len(told["text"]) - 1) + "…"
    assert least <= len(told["text"]) < 3_000
    assert len(text.encode()) <= MAX_MESSAGE_BYTES
    checked_size(tables.create("h|k", {"schema": 1, "message": text}))
