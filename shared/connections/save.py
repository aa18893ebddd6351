"""Saves a connection: checked against the live organisation first, its secret stored before its row."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.projects import who_am_i
from shared.conditions import ANY, Condition
from shared.connections.addresses import ORGANISATION, organisation_name
from shared.connections.credentials.credential import Account
from shared.connections.models import DEFAULT_TAG, NAME, Connection, ConnectionRequest, ConnectionState
from shared.connections.organisations import GivenSecret, Organisations, StoredSecret
from shared.connections.store import ConnectionStore
from shared.connections.template_checks import check_templates
from shared.errors import (
    BridgeError,
    ConflictError,
    CredentialError,
    FieldProblem,
    NotFoundError,
    RefusedError,
    RejectedRequestError,
)
from shared.settings import DEFAULT_AZURE_DEVOPS_URL
from shared.storage import secrets
from shared.storage.secrets import Vault

log = logging.getLogger(__name__)
_OLD_STYLE = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9-]*\.visualstudio\.com")


type UnfitConventions = Callable[[Sequence[Mapping[str, Any]]], Sequence[FieldProblem]]
"""What is wrong with conventions of registries."""
type Unfit = Callable[[Organisation, Connection, Connection], Sequence[FieldProblem]]
"""What the connection's links cannot take of new defaults (in which organisation, stored, wanted)."""


@dataclass(frozen=True, slots=True)
class SaveConnection:
    """The use case behind `PUT /connections/{connection}`.

    `has_links` and `has_tickets` say of a connection by its name whether anything depends on its organisation;
    `secret_of` names the secret of a managed token.
    """

    store: ConnectionStore
    vault: Vault
    organisations: Organisations
    azure_devops_url: str
    has_links: Callable[[str], bool]
    has_tickets: Callable[[str], bool]
    unfit: Unfit
    secret_of: Callable[[str], str]
    unfit_conventions: UnfitConventions

    def __call__(self, name: str, request: ConnectionRequest, condition: Condition = ANY) -> Connection:
        """Check and store a connection.

        Raises `RejectedRequestError` naming the field that is wrong, `ConflictError` when the stored one is not
        as expected or may not be changed so, `TransientError` when Azure DevOps or Key Vault does not answer; then
        nothing was stored.
        """
        _check_name(name)
        self._check_defaults(request)
        stored = self.store.find(name)
        condition.check(stored.etag if stored else None, what="connection")
        self._check_changes(name, request, stored)
        wanted = self._wanted(name, request, stored)
        organisation = self._opened(wanted, request)
        identity = _identity(organisation) if organisation else ""
        if organisation and stored:
            self._check_links(organisation, stored, wanted)
        # The secret comes first: a row never points to a secret that is not there. Its name is new, so that a
        # request that fails half-way leaves the stored credential untouched.
        secret = self._keep(name, request) or wanted.secret
        saved = self.store.save(replace(wanted, secret=secret, identity=identity))
        for forgotten in (stored.own_secrets if stored else set()) - {*saved.own_secrets, saved.secret}:
            self._forget(forgotten)
        return saved

    def _check_defaults(self, request: ConnectionRequest) -> None:
        defaults = request.defaults
        found = [*check_templates(defaults), *self.unfit_conventions(defaults.registries)]
        if found:
            problems = [FieldProblem(f"/defaults{problem.field}", problem.message) for problem in found]
            raise RejectedRequestError(
                f"The connection cannot be used: {problems[0].field} {problems[0].message}.",
                hint="Correct what is named in problems and send it again; nothing was stored.",
                problems=problems,
                status=422,
            )

    def _check_changes(self, name: str, request: ConnectionRequest, stored: Connection | None) -> None:
        if stored is None:
            self._check_name_is_free(name, request)
            return
        if stored.state is ConnectionState.DELETING:
            raise ConflictError(
                "The connection is being deleted.", hint="Wait until it is gone, then create it again.", status=409
            )
        if organisation_name(self._checked_url(request.url)) != organisation_name(stored.url) and self._is_used(name):
            raise ConflictError(
                f"The connection has links or tickets in {stored.url}: it stays with this organisation.",
                hint="Make another connection to the other organisation and link the assets to it.",
                status=409,
            )
        if request.tag and request.tag != stored.tag and self.has_links(name):
            raise ConflictError(
                f"The connection's work items are recognised by the tag {stored.tag}; it has links, so the tag stays.",
                hint="Leave tag out, or make another connection to the same organisation.",
                status=409,
            )

    def _is_used(self, name: str) -> bool:
        return self.has_links(name) or self.has_tickets(name)

    def _check_name_is_free(self, name: str, request: ConnectionRequest) -> None:
        """Tickets of a deleted connection are still there: the numbers of their work items are its organisation's."""
        before = self.store.deleted(name)
        if before and organisation_name(before.url) != organisation_name(request.url):
            raise ConflictError(
                f"There are tickets of a deleted connection {name} to {before.url}.",
                hint="Use another name for another organisation.",
                status=409,
            )

    def _wanted(self, name: str, request: ConnectionRequest, stored: Connection | None) -> Connection:
        """Return the connection as it will be, but for a new secret and the identity behind it."""
        account = request.credential.account() if request.credential else stored.account if stored else None
        if account is None:
            raise _without_credential("A new connection needs a credential.")
        # A sign-in outlives a request that says the same again.
        kept = stored if stored and stored.account == account else None
        return Connection(
            name=name,
            url=self._checked_url(request.url),
            credential=account.kind,
            details=account.details,
            secret=self._borrowed(account) or (kept.secret if kept else ""),
            sign_in=kept.sign_in if kept else "",
            identity="",
            defaults=request.defaults,
            tag=request.tag or (stored.tag if stored else DEFAULT_TAG),
            enabled=request.enabled,
            etag=stored.etag if stored else "",
        )

    def _borrowed(self, account: Account) -> str:
        """Return the secret of the managed token that a connection signs in with, empty where it has its own."""
        if account.kind != "managed_token":
            return ""
        try:
            return self.secret_of(account.details["token"])
        except (NotFoundError, ConflictError) as error:
            raise _unusable("/credential/token", "The managed token cannot be used", error) from error

    def _checked_url(self, url: str) -> str:
        url = url.rstrip("/")
        if not self._is_organisation(url):
            base = self.azure_devops_url
            raise RejectedRequestError(
                "The organisation's URL cannot be used.",
                hint=f"Give the address of the organisation itself, such as {base}/contoso.",
                problems=[FieldProblem("/url", f"must be {base}/ and the organisation's name, nothing else")],
                status=422,
            )
        return url

    def _is_organisation(self, url: str) -> bool:
        """Whether a credential may be sent there: only below the configured address, or its old form."""
        base, _, name = url.rpartition("/")
        if base == self.azure_devops_url:
            return ORGANISATION.fullmatch(name) is not None
        return self.azure_devops_url == DEFAULT_AZURE_DEVOPS_URL and _OLD_STYLE.fullmatch(url) is not None

    def _opened(self, wanted: Connection, request: ConnectionRequest) -> Organisation | None:
        """Return the organisation as the connection will see it; None while nobody has signed in."""
        given = request.credential.secret() if request.credential else ""
        if not given and wanted.needs_sign_in:
            return None
        secret = GivenSecret(given) if given else StoredSecret(self.vault, wanted)
        # Not the connection's own credential: what is wrong with this one must not be remembered for that one.
        credential = self.organisations.new_credential(wanted.account, secret)
        return self.organisations.signed_in(wanted.url, credential)

    def _check_links(self, organisation: Organisation, stored: Connection, wanted: Connection) -> None:
        problems = self.unfit(organisation, stored, wanted) if wanted.defaults != stored.defaults else ()
        if problems:
            raise RejectedRequestError(
                f"Links inherit these defaults and cannot be used with them: {problems[0].message}",
                hint="Correct what is named in problems, or let those links say otherwise first; nothing was stored.",
                problems=problems,
                status=422,
            )

    def _keep(self, name: str, request: ConnectionRequest) -> str:
        """Store what the request brings; returns the name of the secret, empty where it brings none."""
        text = request.credential.secret() if request.credential else ""
        if not (text and request.credential):
            return ""
        secret = secrets.new_name(f"connection-{name}")
        self.vault.set(secret, text, expires=request.credential.ends())
        return secret

    def _forget(self, secret: str) -> None:
        """Remove what nothing points to any more; a secret that stays behind is harmless."""
        with suppress(BridgeError):
            self.vault.delete(secret)


def _identity(organisation: Organisation) -> str:
    """Return as whom the organisation knows the credential. Raises `RejectedRequestError` when it does not."""
    try:
        return organisation.do(who_am_i()).name
    except (CredentialError, RefusedError) as error:
        raise _unusable("/credential", "The credential does not work", error) from error
    except NotFoundError as error:
        raise _unusable("/url", "Azure DevOps knows no such organisation", error) from error


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise RejectedRequestError(
            "The connection's name cannot be used.",
            hint="Use lower-case letters, digits and hyphens, a letter first, at most 63 characters.",
            problems=[FieldProblem("connection", "must be lower-case letters, digits and hyphens, a letter first")],
        )


def _without_credential(message: str) -> RejectedRequestError:
    return RejectedRequestError(
        message,
        hint='Send "credential": {"kind": "personal_access_token", "token": "…"}.',
        problems=[FieldProblem("/credential", "is missing")],
        status=422,
    )


def _unusable(field: str, message: str, error: BridgeError) -> RejectedRequestError:
    return RejectedRequestError(
        f"{message}: {error.message}",
        hint=error.hint
        or "Check the address, and that the credential belongs to this organisation and is not expired.",
        problems=[FieldProblem(field, message)],
        status=422,
    )
