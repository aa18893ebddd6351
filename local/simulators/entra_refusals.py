"""How Entra says no.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

from local.simulators.directory import Directory


class TokenError(Exception):
    """A refusal in Entra's words. `code` is the number behind AADSTS; 0 for errors of the protocol itself."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.code = code


_ON_DEMAND: Mapping[int, tuple[int, str, str]] = {
    7000215: (401, "invalid_client", "Invalid client secret provided."),
    7000222: (401, "invalid_client", "The provided client secret keys for app are expired."),
    700016: (400, "unauthorized_client", "Application was not found in the directory 'Contoso'."),
    50076: (400, "interaction_required", "You must use multi-factor authentication to access the resource."),
    50079: (400, "interaction_required", "You must enroll in multi-factor authentication to access the resource."),
    53003: (400, "interaction_required", "Access has been blocked by Conditional Access policies."),
    50126: (400, "invalid_grant", "Error validating credentials due to invalid username or password."),
    50053: (400, "invalid_grant", "The account is locked."),
    700082: (400, "invalid_grant", "The refresh token has expired due to inactivity."),
    50173: (400, "invalid_grant", "The provided grant has expired due to it being revoked."),
    65001: (400, "invalid_grant", "The user or administrator has not consented to use the application."),
    90033: (503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
}


def refuse(code: int) -> TokenError:
    """Return the refusal with this number."""
    status, error, message = _ON_DEMAND.get(code, (400, "invalid_grant", "A refusal on demand."))
    return TokenError(status, error, code, message)


def check_demand(directory: Directory, client_id: str) -> None:
    """Refuse what a test asked to be refused for this application or user. A negative count never ends."""
    with directory.state.transaction() as sql:
        row = sql.execute("SELECT code, times FROM refusals WHERE client_id = ?", (client_id,)).fetchone()
        if row is None or row["times"] == 0:
            return
        sql.execute("UPDATE refusals SET times = times - 1 WHERE client_id = ?", (client_id,))
    raise refuse(row["code"])


def answer(error: TokenError) -> Response:
    """https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
    return JSONResponse(
        {
            "error": error.error,
            "error_description": f"AADSTS{error.code}: {error} Trace ID: {trace} "
            f"Correlation ID: {correlation} Timestamp: {at}",
            "error_codes": [error.code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
        },
        error.status,
    )
