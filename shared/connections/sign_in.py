"""Signs a user in once, on another device: started by one request, finished by another, on whichever instance.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
What is pending is kept in Key Vault, for whoever has a device code gets the tokens.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

from shared.azure_devops.projects import who_am_i
from shared.connections.credentials.credential import AccessToken, Obtained
from shared.connections.credentials.entra import Entra
from shared.connections.credentials.signed_in_user import ends_unused, stored_form
from shared.connections.models import Connection
from shared.connections.organisations import Organisations
from shared.connections.store import ConnectionStore
from shared.errors import (
    BridgeError,
    CredentialError,
    NotFoundError,
    RefusedError,
    RejectedRequestError,
    TransientError,
)
from shared.shown import Moment
from shared.storage import secrets
from shared.storage.secrets import Vault


class PendingView(TypedDict):
    """The user is to type a code at an address, before it expires."""

    status: Literal["pending"]
    user_code: str
    verification_uri: str
    expires_at: Moment


class DoneView(TypedDict):
    """The user signed in. `identity` is as whom Azure DevOps knows them; empty while it could not be asked."""

    status: Literal["done"]
    identity: str


class FailedView(TypedDict):
    """The sign-in failed; another one may be started."""

    status: Literal["failed"]
    message: str
    hint: str


type SignInView = PendingView | DoneView | FailedView


@dataclass(frozen=True, slots=True)
class SignIn:
    """The use cases behind `POST` and `GET /connections/{connection}/sign-in`."""

    store: ConnectionStore
    vault: Vault
    entra: Entra
    organisations: Organisations

    def start(self, name: str) -> PendingView:
        """Start a sign-in; one that was under way is given up.

        Raises `RejectedRequestError` when the connection has no user to sign in, and what Entra raises.
        """
        connection = self.store.get(name)
        if connection.credential != "signed_in_user":
            raise RejectedRequestError(
                "Nobody signs in for this connection.",
                hint='Only a credential of kind "signed_in_user" needs it: save the connection with one first.',
                status=422,
            )
        flow = self.entra.start_device_code(connection.details)
        secret = secrets.new_name(f"connection-{name}-sign-in")
        self.vault.set(secret, json.dumps(flow))
        self.store.save(replace(connection, sign_in=secret))
        self._forget(connection.sign_in)
        return _pending(flow)

    def finish(self, name: str) -> SignInView:
        """Ask once how a sign-in stands: pending, done, or failed and why.

        Raises `NotFoundError` when none was started, `TransientError` when it cannot be told now.
        """
        connection = self.store.get(name)
        if not connection.sign_in:
            return _done(connection)
        flow = json.loads(self.vault.get(connection.sign_in))
        try:
            found = self.entra.finish_device_code(connection.details, flow)
            if found is None:
                return _pending(flow)
            return _done(self._keep(connection, *found))
        except (CredentialError, RefusedError) as error:
            return self._failed(connection, error)

    def _keep(self, connection: Connection, token: AccessToken, refresh_token: str) -> Connection:
        """Store what signs in from now on, then let the connection's row point to it."""
        secret = secrets.new_name(f"connection-{connection.name}")
        self.vault.set(secret, stored_form(refresh_token), expires=ends_unused())
        who = self._who(connection, token, secret)
        saved = self.store.save(replace(connection, secret=secret, identity=who, sign_in=""))
        self._forget(connection.secret)
        self._forget(connection.sign_in)
        return saved

    def _who(self, connection: Connection, token: AccessToken, secret: str) -> str:
        """Return as whom the organisation knows the user; empty while it cannot be asked, for the code is spent."""
        try:
            return self.organisations.signed_in(connection.url, Obtained(token)).do(who_am_i()).name
        except TransientError:
            return ""
        except BridgeError:
            self._forget(secret)
            raise

    def _failed(self, connection: Connection, error: BridgeError) -> DoneView | FailedView:
        now = self.store.get(connection.name)
        if now.secret and now.sign_in != connection.sign_in:  # another instance was faster with the same code
            return _done(now)
        return {"status": "failed", "message": error.message, "hint": error.hint}

    def _forget(self, secret: str) -> None:
        """Remove what nothing points to any more; a secret that stays behind is harmless."""
        if secret:
            with suppress(BridgeError):
                self.vault.delete(secret)


def _pending(flow: dict[str, Any]) -> PendingView:
    return {
        "status": "pending",
        "user_code": flow["user_code"],
        "verification_uri": flow["verification_uri"],
        "expires_at": datetime.fromtimestamp(float(flow["expires_at"]), UTC).isoformat(),
    }


def _done(connection: Connection) -> DoneView:
    if not connection.secret or connection.credential != "signed_in_user":
        raise NotFoundError(
            "No sign-in was started.", hint=f"Start one: POST /api/connections/{connection.name}/sign-in."
        )
    return {"status": "done", "identity": connection.identity}
