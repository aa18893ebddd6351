"""Sessions of the console: what a cookie proves, and for how long."""

import pytest

from shared.console.sessions import Sessions

NOW = 1_800_000_000.0
SESSIONS = Sessions("k" * 48)


def test_a_cookie_is_read_as_what_it_was_made_of() -> None:
    for signed_in in (True, False):
        session = SESSIONS.new(NOW, signed_in=signed_in)

        assert SESSIONS.read(SESSIONS.cookie(session), NOW) == session


def test_it_ends_after_a_working_day() -> None:
    cookie = SESSIONS.cookie(SESSIONS.new(NOW, signed_in=True))

    assert SESSIONS.read(cookie, NOW + 8 * 3600 - 1) is not None
    assert SESSIONS.read(cookie, NOW + 8 * 3600) is None


def test_another_key_ends_all() -> None:
    cookie = SESSIONS.cookie(SESSIONS.new(NOW, signed_in=True))

    assert Sessions("j" * 48).read(cookie, NOW) is None


def test_nothing_in_it_can_be_changed() -> None:
    cookie = SESSIONS.cookie(SESSIONS.new(NOW, signed_in=False))
    ends, kind, nonce, signature = cookie.split(".")

    assert SESSIONS.read(f"{ends}.key.{nonce}.{signature}", NOW) is None
    assert SESSIONS.read(f"{int(ends) + 1}.{kind}.{nonce}.{signature}", NOW) is None
    assert SESSIONS.read(f"{ends}.{kind}.x{nonce}.{signature}", NOW) is None


@pytest.mark.parametrize("cookie", ["", ".", "...", "a.b.c.d", "ü.key.x.\udcff"])
def test_what_is_no_cookie_of_ours_is_no_session(cookie: str) -> None:
    assert SESSIONS.read(cookie, NOW) is None


def test_a_form_belongs_to_one_visitor_of_one_session() -> None:
    mine, other = SESSIONS.new(NOW), SESSIONS.new(NOW)
    token = SESSIONS.form_token(mine, "ada@example.com")

    assert SESSIONS.is_form_token(token, mine, "ada@example.com")
    assert not SESSIONS.is_form_token(token, mine, "bob@example.com")
    assert not SESSIONS.is_form_token(token, other, "ada@example.com")
    assert not SESSIONS.is_form_token("", mine, "ada@example.com")


def test_a_cookie_is_no_form_token() -> None:
    session = SESSIONS.new(NOW)

    assert not SESSIONS.is_form_token(SESSIONS.cookie(session).rpartition(".")[2], session, "")


def test_a_signature_of_one_thing_is_none_of_another() -> None:
    assert SESSIONS._signature("session", "x") != SESSIONS._signature("form", "x")


def test_nothing_of_it_is_shown() -> None:
    session = SESSIONS.new(NOW)

    assert session.nonce not in repr(session)
    assert "kkkk" not in repr(SESSIONS)
