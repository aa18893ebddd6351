"""The organisation, asked through our own client as whoever the administrator's credential belongs to."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import AzureCliCredential

from local.smoke.options import Options
from shared.azure_devops.organisation import Organisation
from shared.connections.credentials.bearer import Bearer
from shared.connections.credentials.choosing import credential_for
from shared.connections.credentials.credential import AZURE_DEVOPS_SCOPE, AccessToken, Credential
from shared.connections.credentials.entra import Entra
from shared.connections.credentials.personal_access_token import StoredToken
from shared.connections.organisations import GivenSecret
from shared.errors import CredentialError, TransientError
from shared.settings import DEFAULT_AZURE_DEVOPS_URL, DEFAULT_TOKENS_URL
from shared.times import Times

if TYPE_CHECKING:
    import requests

_SECONDS = 30.0
_ENTRA_SECONDS = 10.0
_HOW = (
    "Set AZURE_DEVOPS_PAT; or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET of a service principal; "
    "or sign in with az login."
)


@contextmanager
def signed_in(options: Options, session: "requests.Session") -> Iterator[tuple[Organisation, Organisation]]:
    """Yield the organisation, and the same at the host that has its tokens; they sign in at the first call."""
    entra = Entra(options.entra_url, seconds=_ENTRA_SECONDS)
    try:
        credential = _credential(options, entra)
        urls = (options.url, options.url.replace(DEFAULT_AZURE_DEVOPS_URL, DEFAULT_TOKENS_URL))
        organisation, tokens = (Organisation(url, session, credential.authorization, seconds=_SECONDS) for url in urls)
        yield organisation, tokens
    finally:
        entra.close()


def as_nobody(options: Options, session: "requests.Session") -> Organisation:
    """Return the organisation with a token that was never issued."""
    made_up = StoredToken(GivenSecret(secrets.token_hex(26)))
    return Organisation(options.url, session, made_up.authorization, seconds=_SECONDS)


def _credential(options: Options, entra: Entra) -> Credential:
    refused_for = Times().retry
    if options.credential is None:
        return Bearer(_azure_cli, refused_for=refused_for)
    secret = GivenSecret(options.credential.secret())
    account = options.credential.account()
    return credential_for(account, secret, entra, refused_for=refused_for, token_refused=lambda _: None)


def _azure_cli() -> AccessToken:
    try:
        found = AzureCliCredential().get_token(AZURE_DEVOPS_SCOPE)
    except ClientAuthenticationError as error:
        raise CredentialError("No credential is given, and the Azure CLI is not signed in.", hint=_HOW) from error
    except AzureError as error:
        raise TransientError("The Azure CLI does not answer.") from error
    return AccessToken(found.token, found.expires_on - time.time())
