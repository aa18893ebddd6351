"""The cookie of a session, and the fields of a form, as browsers send them and as nobody should."""

from types import SimpleNamespace

import azure.functions as func
import pytest

from shared.console.sessions import Sessions
from shared.errors import RejectedRequestError
from shared.triggers.console.cookies import NAME, keep, session_of
from shared.triggers.console.forms import read_form

SESSIONS = Sessions("k" * 48)
FORM = "application/x-www-form-urlencoded"


def request(body: bytes = b"", **headers: str) -> func.HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest("POST", "/api/console", headers=named, body=body)


def kept(public_url: str) -> str:
    response, settings = func.HttpResponse(), SimpleNamespace(public_url=public_url)
    keep(response, SESSIONS, SESSIONS.new(9e9, signed_in=True), settings)  # type: ignore[arg-type]
    return str(response.headers["Set-Cookie"])


def test_it_goes_over_tls_only_where_there_is_tls() -> None:
    assert "; Secure" in kept("https://bridge.example")
    assert "; Secure" not in kept("http://127.0.0.1:7071")


def test_what_is_kept_is_read_again() -> None:
    cookie = kept("https://bridge.example").partition(";")[0]

    session = session_of(request(Cookie=f"other=1; {cookie}"), SESSIONS)

    assert session is not None
    assert session.signed_in


@pytest.mark.parametrize("cookie", ["", "other=1", f"{NAME}=", f"{NAME}=x.y", "\x00=;;=", f"{NAME}; =="])
def test_what_is_no_cookie_of_ours_is_no_session(cookie: str) -> None:
    assert session_of(request(Cookie=cookie), SESSIONS) is None


def test_the_fields_of_a_form_are_there_even_if_empty() -> None:
    assert read_form(request(b"a=1+2&b=&c=%C3%A9", Content_Type=f"{FORM}; charset=utf-8")) == {
        "a": "1 2",
        "b": "",
        "c": "é",
    }


def test_a_body_of_another_kind_has_no_fields() -> None:
    assert read_form(request(b"a=1", Content_Type="application/sarif+json")) == {}


@pytest.mark.parametrize("body", [b"\xff\xfe", b"no equals sign", b"&".join([b"a=1"] * 501)])
def test_what_no_browser_sends_is_refused(body: bytes) -> None:
    with pytest.raises(RejectedRequestError, match="cannot be read"):
        read_form(request(body, Content_Type=FORM))
