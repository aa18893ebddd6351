"""Who may see the console, in each of its three ways."""

import azure.functions as func
import pytest

from shared.console.sessions import Session
from shared.errors import RejectedRequestError
from shared.settings import ConsoleAccess
from shared.triggers.console.access import NotSignedInError, visitor

SIGNED_IN = Session("n", signed_in=True, ends=1)
UNKNOWN = Session("n", signed_in=False, ends=1)


def request(**headers: str) -> func.HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest("GET", "/api/console", headers=named, body=b"")


def test_with_a_key_only_a_signed_session_may() -> None:
    assert visitor(request(), ConsoleAccess.KEY, SIGNED_IN) == "the host key's holder"
    for session in (None, UNKNOWN):
        with pytest.raises(NotSignedInError):
            visitor(request(), ConsoleAccess.KEY, session)


def test_with_a_key_nobody_can_say_to_be_signed_in_by_app_service() -> None:
    with pytest.raises(NotSignedInError):
        visitor(request(X_MS_CLIENT_PRINCIPAL_NAME="ada@example.com"), ConsoleAccess.KEY, None)


def test_app_service_says_who_it_is() -> None:
    for header in ({"X_MS_CLIENT_PRINCIPAL_NAME": "ada@example.com"}, {"X_MS_CLIENT_PRINCIPAL_ID": "ada@example.com"}):
        assert visitor(request(**header), ConsoleAccess.APP_SERVICE, None) == "ada@example.com"


def test_without_app_service_authentication_nobody_may() -> None:
    with pytest.raises(RejectedRequestError, match="Nobody was signed in") as refused:
        visitor(request(), ConsoleAccess.APP_SERVICE, SIGNED_IN)

    assert refused.value.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:7071", "localhost", "localhost:7071", "[::1]:7071"])
def test_at_this_machine_it_is_open(host: str) -> None:
    assert visitor(request(Host=host), ConsoleAccess.OPEN, None) == "somebody at this machine"


@pytest.mark.parametrize("host", ["", "evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil.example"])
def test_a_name_that_leads_here_is_not_this_machine(host: str) -> None:
    """A page elsewhere may have its own name point to 127.0.0.1, and read what it gets."""
    with pytest.raises(RejectedRequestError, match="whoever is at its machine"):
        visitor(request(Host=host), ConsoleAccess.OPEN, None)
