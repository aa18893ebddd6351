"""The next step of a managed token, whatever is there."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.tokens.managed import DAY, Held, ManagedToken, Policy
from shared.tokens.rotation_plan import (
    Adopt,
    Begin,
    Create,
    Done,
    Restore,
    Retire,
    Revoke,
    Seen,
    Track,
    Unlisted,
    Wait,
    next_step,
)
from shared.tokens.runs import threshold

NOW = datetime(2026, 11, 20, tzinfo=UTC)
POLICY = Policy("contoso", "sonar", ("vso.code",), 30 * DAY, 10 * DAY, DAY)
IDS = ("a", "b", "c", "d")


def held(authorization_id: str, *, version: str = "", since: timedelta = DAY, **changes: object) -> Held:
    begun = NOW - since
    made = Held(authorization_id, version or f"v{authorization_id}", "r", POLICY.purpose, begun, begun + 30 * DAY)
    return made if not changes else Held(**{**{name: getattr(made, name) for name in made.__slots__}, **changes})


def listed(authorization_id: str, since: timedelta) -> PersonalAccessToken:
    return PersonalAccessToken(authorization_id, "sonar 1-r", ("vso.code",), NOW - since, NOW + 30 * DAY, ("o",))


_AGES = st.sampled_from([timedelta(), DAY / 2, DAY, 5 * DAY, 19 * DAY, 25 * DAY, 29.5 * DAY, 31 * DAY])
_HELD = st.builds(
    lambda id_, since, version: held(id_, since=since, version=f"{id_}{version}"),
    st.sampled_from(IDS),
    _AGES,
    st.sampled_from("12"),
)
_RETIRING = st.builds(
    lambda id_, since, at: held(id_, since=since, retire_at=NOW + at),
    st.sampled_from(IDS),
    _AGES,
    st.sampled_from([-DAY, DAY]),
)
TOKENS = st.builds(
    lambda current, retiring, rotation, at_once: ManagedToken(
        "sonar",
        POLICY,
        "1",
        current,
        tuple(one for one in retiring if not (current and current.authorization_id == one.authorization_id)),
        rotation,
        at_once and bool(rotation),
    ),
    st.none() | _HELD,
    st.lists(_RETIRING, max_size=2),
    st.sampled_from(["", "r2"]),
    st.booleans(),
)


@st.composite
def seen(draw: st.DrawFn) -> Seen:
    newest = draw(st.none() | _HELD)
    others = draw(st.lists(_HELD, max_size=3))
    found = draw(st.none() | st.lists(st.builds(listed, st.sampled_from(IDS), _AGES), max_size=3))
    works = newest is not None and draw(st.booleans())
    return Seen(newest, works, [*others, *filter(None, [newest])], found, not works and draw(st.booleans()))


@given(TOKENS, seen())
def test_nothing_is_taken_away_that_may_be_needed(token: ManagedToken, found: Seen) -> None:
    step = next_step(token, found, NOW)

    if isinstance(step, Retire):
        assert found.works
        assert token.current
        assert found.newest
        assert step.old.authorization_id not in (token.current.authorization_id, found.newest.authorization_id)
        assert token.current.version not in step.versions
    if isinstance(step, Revoke):
        named = {one.authorization_id for one in [*token.held, *found.versions]}
        assert step.orphan.authorization_id not in named
        assert NOW - step.orphan.valid_from >= POLICY.overlap


@given(TOKENS, seen())
def test_another_one_is_only_made_where_it_is_needed(token: ManagedToken, found: Seen) -> None:
    step = next_step(token, found, NOW)

    if isinstance(step, Begin):
        assert token.due(NOW) or not found.works
    if isinstance(step, Create):
        assert token.rotation
    if isinstance(step, Done) and not token.rotation:
        assert found.works
        assert not token.due(NOW)


@given(TOKENS, seen())
def test_what_works_is_pointed_at_first(token: ManagedToken, found: Seen) -> None:
    step = next_step(token, found, NOW)

    known = token.current and found.newest and token.current.version == found.newest.version
    assert isinstance(step, Adopt) == bool(found.newest and found.works and not known)
    if isinstance(step, Restore):
        assert found.current_works
        assert not found.works
    if isinstance(step, Track):
        assert step.found.authorization_id not in {one.authorization_id for one in token.held}
    if isinstance(step, Unlisted):
        assert found.tokens is None


def test_an_attempt_that_died_is_waited_for_while_there_is_time() -> None:
    current = held("a", since=20 * DAY)
    token = ManagedToken("sonar", POLICY, "1", current, rotation="r2")
    left = Seen(current, works=True, versions=[current], tokens=[listed("b", DAY / 2)])

    assert next_step(token, left, NOW) == Wait()
    assert next_step(token, left, NOW + 9 * DAY + timedelta(hours=1)) == Revoke(listed("b", DAY / 2))
    assert next_step(token, Seen(current, works=False, versions=[current], tokens=left.tokens), NOW) == Create()


@pytest.mark.parametrize(
    ("left", "works", "at"),
    [
        (15.0, True, None),
        (14.0, True, 14),
        (6.9, True, 7),
        (2.0, True, 3),
        (0.5, True, 1),
        (-1, True, 0),
        (20.0, False, 0),
    ],
)
def test_a_person_is_told_in_time(left: float, works: bool, at: int | None) -> None:
    token = ManagedToken("sonar", POLICY, "1", held("a", valid_to=NOW + left * DAY))

    assert threshold(token, NOW, works=works) == at


def test_one_that_was_never_made_is_told_at_once() -> None:
    assert threshold(ManagedToken("sonar", POLICY, "1"), NOW, works=False) == 0
