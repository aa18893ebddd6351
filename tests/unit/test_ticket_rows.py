"""A ticket's row says all of it, and those of other versions are read as far as they are known."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.storage.tables import Row
from shared.tickets.rows.records import Attempt, Failure, Hold, Sending, Ticket, WorkItemRef, Written
from shared.tickets.rows.ticket_rows import read_ticket, ticket_values

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEAST = Ticket("application", "shop", created_at=NOW, changed_at=NOW)
OTHERS = Ticket(
    kind="environment",
    asset="live",
    vulnerabilities=("V1", "V2"),
    vulnerability_count=3,
    title="t",
    severity="low",
    open=False,
    work_item=WorkItemRef(7, "u", "p", 2, "Bug", "Done", "Completed", "Jamal", deleted=True),
    nonce="n",
    linking=8,
    unlinking=True,
    linked=True,
    attempt=Attempt("aa", NOW, "p", NOW),
    sending=Sending(2, {"System.Title": ["a"]}, {"System.Tags": "b"}, [True], True, ["high"], ["c"]),
    failure=Failure("TF1", "m", "h"),
    held=Hold.FILTER,
    wanted=True,
    detached="moved",
    leaving="words",
    own_revision=1,
    duplicates={9: 2, 10: 0},
    written={"System.Title": Written("a", "b")},
    written_open=False,
    left=True,
    told_severity="high",
    objected=True,
    objections=2,
    comments_told=(3, 4),
    comments_since=5,
    comments_seen=6,
    generation=1,
    predecessor=6,
    history=3,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    changed_at=datetime(2026, 1, 2, tzinfo=UTC),
)
"""Every field has another value than in the least ticket."""
NUMBERS = st.integers(0, 2**31 - 1)
TEXTS = st.text(max_size=30)
TIMES = st.datetimes(timezones=st.just(UTC))
SENDINGS = st.builds(
    Sending,
    revision=NUMBERS,
    sent=st.dictionaries(TEXTS, st.lists(TEXTS, max_size=3), max_size=3),
    keeps=st.dictionaries(TEXTS, TEXTS, max_size=3),
    goals=st.lists(st.booleans(), max_size=3),
    only_texts=st.booleans(),
    severities=st.lists(TEXTS, max_size=3),
    said=st.lists(TEXTS, max_size=3),
)
ATTEMPTS = st.builds(Attempt, st.text(min_size=1, max_size=9), TIMES, TEXTS, st.none() | TIMES)
TICKETS = st.builds(
    Ticket,
    **{field.name: {str: TEXTS, int: NUMBERS, bool: st.booleans()}[type(getattr(LEAST, field.name))]
       for field in fields(Ticket) if type(getattr(LEAST, field.name)) in (str, int, bool)},
    vulnerabilities=st.lists(TEXTS, max_size=3).map(tuple),
    work_item=st.builds(
        WorkItemRef, NUMBERS, TEXTS, TEXTS, NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS, deleted=st.booleans()
    ),
    attempt=st.none() | ATTEMPTS,
    sending=st.none() | SENDINGS,
    failure=st.none() | st.builds(Failure, TEXTS, TEXTS, TEXTS),
    held=st.none() | st.sampled_from(Hold),
    duplicates=st.dictionaries(NUMBERS, NUMBERS, max_size=3),
    written=st.dictionaries(TEXTS, st.builds(Written, TEXTS, TEXTS), max_size=3),
    comments_told=st.lists(NUMBERS, max_size=3).map(tuple),
    created_at=TIMES,
    changed_at=TIMES,
)  # fmt: skip


def read(values: Any) -> Ticket:
    stored = read_ticket(Row("c", "t|key", values, "e", NOW))
    assert (stored.key, stored.etag) == ("key", "e")
    return stored.ticket


@given(TICKETS)
def test_every_ticket_reads_back(ticket: Ticket) -> None:
    assert read(ticket_values(ticket)) == ticket


@pytest.mark.parametrize("name", [field.name for field in fields(Ticket)])
def test_each_field_is_kept(name: str) -> None:
    ticket = replace(LEAST, **{name: getattr(OTHERS, name)})

    assert ticket != LEAST
    assert read(ticket_values(ticket)) == ticket


def test_a_row_is_as_it_always_was() -> None:
    """Tables outlive the code that wrote them."""
    texts = {name: value for name, value in ticket_values(OTHERS).items() if isinstance(value, str)}
    parts = {name: json.loads(value) for name, value in texts.items() if value[0] in "[{"}

    assert parts == {
        "vulnerabilities": ["V1", "V2"],
        "work_item": {
            "id": 7, "url": "u", "project": "p", "revision": 2, "type": "Bug", "state": "Done",
            "category": "Completed", "assigned_to": "Jamal", "deleted": True,
        },
        "sending": {
            "revision": 2, "sent": {"System.Title": ["a"]}, "keeps": {"System.Tags": "b"}, "goals": [True],
            "only_texts": True, "severities": ["high"], "said": ["c"],
        },
        "failure": {"code": "TF1", "message": "m", "hint": "h"},
        "duplicates": [[9, 2], [10, 0]],
        "written": {"System.Title": ["a", "b"]},
        "comments_told": [3, 4],
    }  # fmt: skip
    others = {name: value for name, value in ticket_values(OTHERS).items() if name not in parts}
    assert others == {
        "schema": 1, "kind": "environment", "asset": "live", "vulnerability_count": 3, "title": "t", "severity": "low",
        "open": False, "status": "detached", "nonce": "n", "linking": 8, "unlinking": True, "linked": True,
        "attempt": "aa", "attempt_at": NOW, "attempt_project": "p", "looked_at": NOW, "held": "filter", "wanted": True,
        "detached": "moved", "leaving": "words", "own_revision": 1, "written_open": False, "left": True,
        "told_severity": "high", "objected": True, "objections": 2, "comments_since": 5, "comments_seen": 6,
        "generation": 1, "predecessor": 6, "history": 3, "created_at": OTHERS.created_at,
        "changed_at": OTHERS.changed_at,
    }  # fmt: skip


def test_what_is_empty_and_rare_has_no_property() -> None:
    rare = {"attempt", "attempt_at", "attempt_project", "looked_at", "sending", "failure", "held", "wanted"}

    assert not ticket_values(LEAST).keys() & (rare | {"detached", "leaving", "duplicates"})


def test_a_long_title_is_cut() -> None:
    assert ticket_values(replace(LEAST, title="t" * 1001))["title"] == "t" * 1000


def test_a_row_of_the_first_version_has_defaults() -> None:
    first = {"kind": "application", "asset": "shop", "created_at": NOW, "changed_at": NOW}

    assert read(first) == LEAST


def test_what_an_older_row_does_not_say_follows_from_the_rest() -> None:
    values = ticket_values(replace(LEAST, vulnerabilities=("V1", "V2"), work_item=WorkItemRef(id=7, revision=9)))
    implied = ("vulnerability_count", "comments_since", "comments_seen")
    ticket = read({name: value for name, value in values.items() if name not in implied})

    assert (ticket.vulnerability_count, ticket.comments_since, ticket.comments_seen) == (2, 9, 9)


def test_a_row_of_a_newer_version_is_read_as_far_as_it_is_known() -> None:
    newer = {"schema": 2, "more": 1, "work_item": '{"id": 3, "colour": "red"}', "held": "weather"}

    assert read(ticket_values(LEAST) | newer) == replace(LEAST, work_item=WorkItemRef(id=3))


@pytest.mark.parametrize("name", ["kind", "asset", "created_at", "changed_at"])
def test_what_every_row_has_is_not_made_up(name: str) -> None:
    values = ticket_values(LEAST)
    del values[name]

    with pytest.raises(KeyError, match=name):
        read(values)


def test_a_time_is_no_text() -> None:
    with pytest.raises(TypeError, match="time"):
        read(ticket_values(LEAST) | {"created_at": "2026-11-21"})
