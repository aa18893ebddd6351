"""What may be sent as the credential of a connection.

What is secret is kept as one Key Vault secret per connection: a personal access token as it is, everything else as
one JSON object. One, because the parts of a credential (a user's password and the application's secret) belong
together: a renewal is one write, and no reader ever sees halves of two.
"""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints
from pydantic import model_validator as judged

from shared.connections.credentials.credential import Account
from shared.validation import Model

_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
Tenant = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$")]
"""A directory's id or one of its domains."""
ClientId = Annotated[str, StringConstraints(pattern=_GUID)]
_Secret = Annotated[SecretStr, Field(min_length=1, max_length=2000)]


def _to_come(moment: datetime) -> datetime:
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if known <= datetime.now(UTC):
        raise ValueError("must lie in the future")
    return known


Expires = Annotated[datetime | None, AfterValidator(lambda moment: moment and _to_come(moment))]
"""When what is secret ends, as a date or a moment: neither Entra nor Azure DevOps tells who signs in with it."""


class CredentialRequest(Model):
    """The `credential` of `PUT /connections/{connection}`; which one, `kind` says."""

    # Whoever gets a field's name wrong should hear of it, and no message may repeat what was sent: it may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    kind: str

    def account(self) -> Account:
        """Return what may be shown of it."""
        values = self.model_dump(exclude={"kind"}, exclude_none=True)
        return Account(self.kind, {name: value for name, value in values.items() if isinstance(value, str)})

    def ends(self) -> datetime | None:
        """Return when what goes to Key Vault is worth nothing any more, None where that is not known."""
        return getattr(self, "expires", None)

    def secret(self) -> str:
        """Return what goes to Key Vault; empty where there is nothing to keep."""
        found = {name: value.get_secret_value() for name, value in self if isinstance(value, SecretStr)}
        return json.dumps(found) if found else ""


def _as_shown(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("must be exactly as Azure DevOps showed it, without blanks or line ends")
    return token


class PersonalAccessToken(CredentialRequest):
    """Sign in with a personal access token, of 84 characters or, before 2024, 52."""

    kind: Literal["personal_access_token"]
    token: Annotated[SecretStr, Field(min_length=20, max_length=1000), AfterValidator(_as_shown)]
    expires: Expires = None

    def secret(self) -> str:
        """Return the token as it is: other programs may read it from Key Vault."""
        return self.token.get_secret_value()


def _key_and_certificate(pem: SecretStr) -> SecretStr:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    content = pem.get_secret_value().encode()
    try:
        key, certificate = load_pem_private_key(content, None), load_pem_x509_certificate(content)
        matching = key.public_key() == certificate.public_key()
    except (ValueError, TypeError):
        raise ValueError("must be PEM text with a certificate and its private key, without a password") from None
    if not matching:
        raise ValueError("must hold the private key of the certificate in it")
    return pem


def _not_after(pem: SecretStr) -> datetime:
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    return load_pem_x509_certificate(pem.get_secret_value().encode()).not_valid_after_utc


class ServicePrincipal(CredentialRequest):
    """Sign in as an application, by exactly one proof; `federated` needs no secret at all."""

    kind: Literal["service_principal"]
    tenant: Tenant
    client_id: ClientId
    client_secret: _Secret | None = None
    certificate: Annotated[SecretStr, Field(max_length=20_000), AfterValidator(_key_and_certificate)] | None = None
    federated: Literal[True] | None = None
    managed_identity: ClientId | None = None
    expires: Expires = None

    @judged(mode="after")
    def _one_proof(self) -> Self:
        if sum(proof is not None for proof in (self.client_secret, self.certificate, self.federated)) != 1:
            raise ValueError('needs exactly one of client_secret, certificate and "federated": true')
        if self.managed_identity and not self.federated:
            raise ValueError("takes managed_identity only together with federated")
        if self.expires and not self.client_secret:
            raise ValueError("takes expires only together with client_secret: a certificate says itself when it ends")
        return self

    def ends(self) -> datetime | None:
        """Return when the client secret or the certificate ends."""
        return _not_after(self.certificate) if self.certificate else self.expires

    def account(self) -> Account:
        """Return what may be shown of it, with the name of the proof."""
        proof = next(name for name in ("client_secret", "certificate", "federated") if getattr(self, name))
        account = CredentialRequest.account(self)
        return Account(account.kind, {**account.details, "proof": proof})


class ManagedIdentity(CredentialRequest):
    """Sign in as the function app's own identity: system-assigned, or the one that `client_id` names."""

    kind: Literal["managed_identity"]
    client_id: ClientId | None = None


class UserPassword(CredentialRequest):
    """Sign in as a technical user; `client_secret` where the application is a confidential one."""

    kind: Literal["user_password"]
    tenant: Tenant
    client_id: ClientId
    user_name: Annotated[str, StringConstraints(pattern=r"^[^@\s/?#]{1,200}@[A-Za-z0-9.-]{1,253}$")]
    password: _Secret
    client_secret: _Secret | None = None
    expires: Expires = None


class SignedInUser(CredentialRequest):
    """Act for a user who signs in once, afterwards: `POST /connections/{connection}/sign-in`."""

    kind: Literal["signed_in_user"]
    tenant: Tenant
    client_id: ClientId


class ManagedToken(CredentialRequest):
    """Sign in with a managed token, which is replaced before it ends: `PUT /tokens/{token}`."""

    kind: Literal["managed_token"]
    token: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]


type CredentialKind = Literal[
    "personal_access_token",
    "managed_token",
    "service_principal",
    "managed_identity",
    "user_password",
    "signed_in_user",
]


class _Kind(Model):
    model_config = ConfigDict(hide_input_in_errors=True)
    kind: CredentialKind
    models: ClassVar[dict[str, type[CredentialRequest]]] = {
        "personal_access_token": PersonalAccessToken,
        "managed_token": ManagedToken,
        "service_principal": ServicePrincipal,
        "managed_identity": ManagedIdentity,
        "user_password": UserPassword,
        "signed_in_user": SignedInUser,
    }


def _of_its_kind(value: Any) -> CredentialRequest:
    """Judge by the one model that is meant: pydantic's unions would put its name into the JSON pointers of problems."""
    return _Kind.models[_Kind.model_validate(value).kind].model_validate(value)


_Described = Annotated[
    PersonalAccessToken | ManagedToken | ServicePrincipal | ManagedIdentity | UserPassword | SignedInUser,
    Field(discriminator="kind"),
]
AnyCredential = Annotated[CredentialRequest, BeforeValidator(_of_its_kind, json_schema_input_type=_Described)]
"""A credential of any kind."""
