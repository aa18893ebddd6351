"""A secret of Key Vault as the place of a value, opened as the application or as whoever this machine is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core.exceptions import ClientAuthenticationError
from pydantic import TypeAdapter, ValidationError

from shared.azure_devops.personal_access_tokens import NewToken
from shared.connections.credentials.signed_in_user import ends_unused
from shared.errors import ConfigurationError, CredentialError
from shared.settings import DEFAULT_ENTRA_URL, Reader
from shared.storage.secrets import Vault
from shared.tokens.command.environment import AzureIdentity
from shared.tokens.keeping import VaultSecret
from shared.tokens.requests import SecretName

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

_SECRETS = "/secrets/"


@dataclass(frozen=True, slots=True)
class KeyVaultSecret:
    """A secret; its newest version counts."""

    secret: VaultSecret

    @classmethod
    def named(cls, url: str, name: str, identity: AzureIdentity, *, replacing: bool) -> "KeyVaultSecret":
        """Return the secret of a vault. Raises `ConfigurationError` for what cannot be an address, or a name."""
        reader = Reader({"The Key Vault's address": url})
        address = reader.url("The Key Vault's address")
        try:
            TypeAdapter(SecretName).validate_python(name)
        except ValidationError:
            reader.problems.append(
                "The secret's name must be letters, digits and hyphens, and not begin with connection-"
            )
        if reader.problems:
            raise ConfigurationError(reader.problems)
        return cls(VaultSecret(Vault(address, lambda: _Identity(_credential(identity))), name, replacing))

    @classmethod
    def at(cls, address: str, identity: AzureIdentity) -> "KeyVaultSecret":
        """Return the secret that an address such as https://contoso.vault.azure.net/secrets/sign-in names."""
        parts = urlsplit(address)
        if not parts.path.startswith(_SECRETS):
            raise ConfigurationError(["AZURE_REFRESH_TOKEN_SECRET is not an address such as https://…/secrets/name"])
        url = f"{parts.scheme}://{parts.netloc}"
        return cls.named(url, parts.path.removeprefix(_SECRETS).rstrip("/"), identity, replacing=True)

    def check(self) -> None:
        """Raise `ConflictError` for a secret that is somebody else's."""
        self.secret.check()

    def read(self) -> str | None:
        """Return the value of the newest version, None where there is none that may be read."""
        newest = self.secret.vault.newest(self.secret.name)
        return newest.value if newest else None

    def write(self, value: str) -> None:
        """Store a refresh token as a new version."""
        self.secret.vault.set(self.secret.name, value, expires=ends_unused())

    def store(self, made: NewToken) -> str:
        """Store a new token's value as a version, with the tags that the bridge gives it; returns the version's id."""
        return self.secret.store(made)

    def stored_nevertheless(self, made: NewToken) -> str | None:
        """Return the version where only the answer was lost, empty for none, None where it cannot be told."""
        return self.secret.stored_nevertheless(made)


@dataclass(frozen=True, slots=True)
class _Identity:
    """A credential whose refusals are told as what they are, and not as Key Vault's."""

    credential: "TokenCredential"

    def get_token(self, *scopes: str, **options: Any) -> "AccessToken":
        try:
            return self.credential.get_token(*scopes, **options)
        except ClientAuthenticationError:  # its text may repeat what was sent
            raise CredentialError(
                "Microsoft Entra ID gave no token for Key Vault.",
                hint="Set AZURE_CLIENT_SECRET to the application's, or run where there is a workload or managed "
                "identity, which may read and set secrets.",
            ) from None


def _credential(identity: AzureIdentity) -> "TokenCredential":
    from azure.identity import ClientSecretCredential, DefaultAzureCredential  # noqa: PLC0415

    if not identity.client_secret:
        # Else it would ask for the vault with the user's password, which is in the environment, too.
        return DefaultAzureCredential(exclude_environment_credential=True)
    return ClientSecretCredential(
        identity.tenant,
        identity.client_id,
        identity.client_secret,
        authority=identity.entra_url,
        disable_instance_discovery=identity.entra_url != DEFAULT_ENTRA_URL,
    )
