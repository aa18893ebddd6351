"""Who signs in where, from the environment: the names are those that Azure's own tools read.

https://learn.microsoft.com/python/api/azure-identity/azure.identity.environmentcredential
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from shared.connections.addresses import ORGANISATION, organisation_name
from shared.connections.credentials.credential import Account
from shared.connections.credentials.models import SignedInUser, UserPassword
from shared.errors import ConfigurationError
from shared.settings import DEFAULT_AZURE_DEVOPS_URL, DEFAULT_ENTRA_URL, DEFAULT_TOKENS_URL, Reader
from shared.times import Times
from shared.validation import problems_of

REFRESH_TOKENS = ("AZURE_REFRESH_TOKEN", "AZURE_REFRESH_TOKEN_FILE", "AZURE_REFRESH_TOKEN_SECRET")
"""A refresh token itself, a file that has it, and the address of a secret of Key Vault that has it."""
_NAMES = {
    "/tenant": "AZURE_TENANT_ID",
    "/client_id": "AZURE_CLIENT_ID",
    "/client_secret": "AZURE_CLIENT_SECRET",
    "/user_name": "AZURE_USERNAME",
    "/password": "AZURE_PASSWORD",
}


@dataclass(frozen=True, slots=True)
class AzureIdentity:
    """As whom the command opens Key Vault: the application, if it has a secret, else whoever the machine is."""

    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    entra_url: str


@dataclass(frozen=True, slots=True)
class Environment:
    """Who signs in where. `given` is the user's password, or the refresh token if the environment itself has it.

    `kept` is where a refresh token is kept, as a path (`file`) or an address (`secret`).
    """

    organisation: str
    azure_devops_url: str
    tokens_url: str
    account: Account
    azure: AzureIdentity
    times: Times
    given: str = field(default="", repr=False)
    kept_file: str = ""
    kept_secret: str = ""

    @property
    def url(self) -> str:
        """The organisation's address."""
        return f"{self.azure_devops_url}/{self.organisation}"

    @classmethod
    def read(cls, values: Mapping[str, str], *, nobody_yet: bool = False) -> "Environment":
        """Return what the environment says; `nobody_yet`: somebody is just about to sign in.

        Raises `ConfigurationError` that names every variable which is missing or unusable, and no value.
        """
        reader = Reader(values)
        azure_devops_url = reader.url("AZURE_DEVOPS_URL", default=DEFAULT_AZURE_DEVOPS_URL)
        organisation = _organisation(reader, azure_devops_url)
        entra_url = reader.url("ENTRA_URL", default=DEFAULT_ENTRA_URL, plain_http=())
        tokens_url = reader.url("AZURE_DEVOPS_TOKENS_URL", default=DEFAULT_TOKENS_URL)
        times = Times.scaled(reader.number("TIME_SCALE", float, 1.0, least=0.0001))
        _check_authorities(reader, values)
        account, given = _user(reader, values, nobody_yet=nobody_yet)
        if reader.problems:
            raise ConfigurationError(reader.problems)
        return cls(
            organisation,
            azure_devops_url,
            tokens_url,
            account,
            AzureIdentity(
                values["AZURE_TENANT_ID"],
                values["AZURE_CLIENT_ID"],
                values.get("AZURE_CLIENT_SECRET", ""),
                entra_url,
            ),
            times,
            given,
            values.get("AZURE_REFRESH_TOKEN_FILE", ""),
            values.get("AZURE_REFRESH_TOKEN_SECRET", ""),
        )


def _organisation(reader: Reader, base: str) -> str:
    """Return the organisation's name: of that alone, or of its address in either form."""
    given = reader.text("AZURE_DEVOPS_ORG").rstrip("/")
    name = organisation_name(given.removeprefix(f"{base}/"))
    elsewhere = "/" in given.removeprefix(f"{base}/") and name == given.casefold().rpartition("/")[2]
    if given and (elsewhere or not ORGANISATION.fullmatch(name)):
        reader.problems.append(f"AZURE_DEVOPS_ORG is not the name of an organisation, nor {base}/ and its name")
    return name


def _user(reader: Reader, values: Mapping[str, str], *, nobody_yet: bool) -> tuple[Account, str]:
    tenant, client_id = reader.text("AZURE_TENANT_ID"), reader.text("AZURE_CLIENT_ID")
    application = {"tenant": tenant, "client_id": client_id}
    refresh_tokens = [name for name in REFRESH_TOKENS if values.get(name)]
    if len(refresh_tokens) > 1:
        reader.problems.append(f"{' and '.join(refresh_tokens)} are both set: one of them is enough")
    if nobody_yet or refresh_tokens:
        return _judged(reader, SignedInUser, {"kind": "signed_in_user", **application}), values.get(
            "AZURE_REFRESH_TOKEN", ""
        )
    user = {"user_name": reader.text("AZURE_USERNAME"), "password": values.get("AZURE_PASSWORD", "")}
    if not user["password"]:
        reader.problems.append(f"AZURE_PASSWORD is not set, nor is one of {', '.join(REFRESH_TOKENS)}")
    proof = {"client_secret": values["AZURE_CLIENT_SECRET"]} if values.get("AZURE_CLIENT_SECRET") else {}
    asked = {"kind": "user_password", **application, **user, **proof}
    account = _judged(reader, UserPassword, asked)
    return account, "" if reader.problems else UserPassword.model_validate(asked).secret()


def _judged(reader: Reader, model: type[SignedInUser | UserPassword], asked: Mapping[str, str]) -> Account:
    """Return who signs in; what is not set at all was told already."""
    try:
        return model.model_validate(asked).account()
    except ValidationError as error:
        reader.problems += [
            f"{_NAMES.get(problem.field, problem.field)} cannot be used: {problem.message}"
            for problem in problems_of(error)
            if asked.get(problem.field[1:])
        ]
        return Account("", {})


def _check_authorities(reader: Reader, values: Mapping[str, str]) -> None:
    """Say which file of certificate authorities cannot be read, before anything fails for it."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = values.get(name, "")
        if path and not os.path.isdir(path):  # noqa: PTH112  a Path of "" would be the folder we are in
            try:
                ssl.create_default_context(cafile=path)
            except OSError:
                reader.problems.append(f"{name} is not a file of certificates (PEM) that can be read")
