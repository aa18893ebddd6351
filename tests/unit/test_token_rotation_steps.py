"""What `rotate` of the command does next, by names and dates alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.azure_devops.personal_access_tokens import PersonalAccessToken
from shared.tokens.command.family import digest, kept_name, members, new_name
from shared.tokens.command.rotation_steps import (
    Create,
    Done,
    Revoke,
    Seen,
    Step,
    Wait,
    Wanted,
    next_rotation,
    next_step,
    retiring,
)

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
NOW = datetime(2027, 1, 20, tzinfo=UTC)
WANTED = Wanted(overlap=DAY, slow=5 * MINUTE, within=10 * DAY)


def token(
    name: str, age: timedelta, *, life: timedelta = 30 * DAY, scopes: tuple[str, ...] = ("vso.code",)
) -> PersonalAccessToken:
    start = NOW - age
    return PersonalAccessToken(f"id of {name} {age}", name, scopes, start, start + life, ("contoso",))


def kept(value: str, age: timedelta, **more: object) -> PersonalAccessToken:
    """A token whose name says which value it has."""
    return token(f"sonar rotated-1234abcd-{digest(value)}", age, **more)  # type: ignore[arg-type]


CURRENT = kept("now", 2 * DAY)
OLD, LEFT = kept("before", 22 * DAY), token("sonar rotated-1234abcd", MINUTE)


def seen(*tokens: PersonalAccessToken, value: str = "now", works: bool = True, **more: object) -> Seen:
    return Seen(members("sonar", tokens), digest(value) if value else "", works, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "step"),
    [
        (seen(CURRENT), Done()),
        (seen(value="", works=False), Create(None)),
        (seen(CURRENT, works=False), Create(CURRENT)),
        (seen(OLD, CURRENT, value="", works=False), Create(CURRENT)),
        (seen(CURRENT, value="", works=False), Create(CURRENT)),
        (seen(CURRENT, value="a stranger's"), Create(CURRENT)),
        (seen(kept("now", 21 * DAY)), Create(kept("now", 21 * DAY))),
        (seen(kept("now", 19 * DAY)), Done()),
        (seen(CURRENT, LEFT), Revoke(LEFT)),
        (seen(LEFT, value="", works=False), Revoke(LEFT)),
        (seen(CURRENT, OLD), Revoke(OLD)),
        (seen(CURRENT, OLD, works=False), Create(CURRENT)),
        (seen(kept("now", 23 * MINUTE), OLD), Done()),
        (seen(kept("now", 21 * DAY), kept("lost", MINUTE)), Wait(NOW + 4 * MINUTE)),
        (seen(kept("now", 21 * DAY), kept("lost", MINUTE), works=False), Create(kept("now", 21 * DAY))),
        (seen(CURRENT, kept("lost", MINUTE)), Done()),
        (seen(CURRENT, kept("lost", 6 * MINUTE)), Revoke(kept("lost", 6 * MINUTE))),
        (seen(CURRENT, made=True, works=False), Done()),
    ],
)  # fmt: skip
def test_the_next_step(found: Seen, step: Step) -> None:
    assert next_step(found, WANTED, NOW) == step


def test_without_a_limit_it_is_replaced_now_and_once() -> None:
    now = replace(WANTED, within=None)

    assert next_step(seen(CURRENT), now, NOW) == Create(CURRENT)
    assert next_step(seen(CURRENT, made=True), now, NOW) == Done()


def test_another_purpose_is_another_token() -> None:
    assert next_step(seen(CURRENT), replace(WANTED, scopes=("vso.work",)), NOW) == Create(CURRENT)
    assert next_step(seen(CURRENT), replace(WANTED, scopes=("vso.code",)), NOW) == Done()


def test_what_was_in_the_place_as_the_run_began_may_end_at_once() -> None:
    at_once, just_made = replace(WANTED, overlap=timedelta()), kept("before", 2 * MINUTE)
    found = seen(kept("now", timedelta()), just_made, made=True)

    assert next_step(found, at_once, NOW) == Done()  # it may be on its way from another process
    assert next_step(replace(found, before=just_made.authorization_id), at_once, NOW) == Revoke(just_made)


def test_a_token_that_was_made_otherwise_ends_like_an_old_one() -> None:
    first = token("by hand", 100 * DAY, life=110 * DAY)
    begun = seen(value="by hand", first=first)

    assert next_step(begun, WANTED, NOW) == Create(first)
    assert next_step(seen(kept("now", MINUTE), first=first), WANTED, NOW) == Done()
    assert next_step(seen(kept("now", 2 * DAY), first=first), WANTED, NOW) == Revoke(first)


def test_it_says_what_a_later_run_revokes() -> None:
    young = kept("now", MINUTE)

    assert retiring(seen(young, OLD), WANTED, NOW) == [(OLD, young.valid_from + DAY)]


def test_a_life_that_is_shorter_than_the_limit_is_not_replaced_all_the_time() -> None:
    short = kept("now", DAY, life=9 * DAY)

    assert next_rotation(short, 10 * DAY) == short.valid_to - 3 * DAY
    assert next_step(seen(short), WANTED, NOW) == Done()


@pytest.mark.parametrize(
    "name",
    ["sonar", "sonar 1234abcd-0", "sonar rotated-1234ABCD", "sonar2 rotated-1234abcd", "my sonar rotated-1234abcd",
     "sonar rotated-1234abcd-", "sonar rotated-1234abcd-0123456789abcdef0", "sonarXrotated-1234abcd"],
)  # fmt: skip
def test_others_are_never_of_the_family(name: str) -> None:
    assert members("sonar", [token(name, DAY)]) == []


def test_the_names_that_a_rotation_gives_are_known_again() -> None:
    name = new_name("a.b [c]")
    nameless, named = token(name, DAY), token(kept_name(name, "value"), DAY)

    found = members("a.b [c]", [nameless, named])

    assert [one.digest for one in found] == ["", digest("value")]


def test_a_clock_that_is_behind_the_service_s_keeps_nothing_alive() -> None:
    at_once, ahead = replace(WANTED, overlap=timedelta()), kept("now", -MINUTE)

    assert next_step(seen(ahead, OLD, made=True, before=OLD.authorization_id), at_once, NOW) == Revoke(OLD)


def test_a_token_made_by_hand_lately_has_its_overlap_too() -> None:
    by_hand = token("by hand", 30 * MINUTE)

    assert next_step(seen(kept("now", 60 * MINUTE), first=by_hand), WANTED, NOW) == Done()
