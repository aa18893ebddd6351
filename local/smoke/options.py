"""Who asks what of whom: read from the environment, so that no secret stands on a command line.

The names of credentials are those that Azure's own tools read:
https://learn.microsoft.com/python/api/azure-identity/azure.identity.environmentcredential
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from shared.connections.credentials.models import (
    CredentialRequest,
    ManagedIdentity,
    PersonalAccessToken,
    ServicePrincipal,
)
from shared.settings import DEFAULT_AZURE_DEVOPS_URL, DEFAULT_ENTRA_URL
from shared.times import Times

_PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
_PROOFS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH")
_TYPE = "Task"
"""Every standard process has it."""


class OptionsError(Exception):
    """What is given is not enough to start; the text says what to give."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do. Without a `credential`, the Azure CLI signs in."""

    url: str
    project: str
    credential: CredentialRequest | None
    work_item_type: str = _TYPE
    hook_url: str = ""
    result: Path | None = None
    entra_url: str = DEFAULT_ENTRA_URL
    patience: float = Times().look_ups_apart
    """Seconds in which what was made must be found."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Options":
        """Return the options in the environment. Raises `OptionsError`."""
        return cls(
            url=_url(given),
            project=_needed(given, "PROJECT", "a project for tests: what is made there is removed again"),
            credential=_credential(given),
            work_item_type=given.get("TYPE") or _TYPE,
            hook_url=given.get("HOOK_URL") or "",
            result=Path(given["RESULT"]) if given.get("RESULT") else None,
            entra_url=(given.get("ENTRA_URL") or DEFAULT_ENTRA_URL).rstrip("/"),
        )

    @property
    def signs_in_by(self) -> str:
        """The kind of credential, in words."""
        return self.credential.kind.replace("_", " ") if self.credential else "Azure CLI (az login)"

    @property
    def is_application(self) -> bool:
        """Whether the credential is certainly not a person's."""
        return isinstance(self.credential, ServicePrincipal | ManagedIdentity)


def _needed(given: Mapping[str, str], name: str, what: str) -> str:
    value = (given.get(name) or "").strip()
    if not value:
        raise OptionsError(
            f"{name} is missing: {what}.\n"
            f"Use: make smoke ORGANISATION={DEFAULT_AZURE_DEVOPS_URL}/contoso PROJECT=smoke-test"
        )
    return value


def _url(given: Mapping[str, str]) -> str:
    """The credential is sent there, so it must be Azure DevOps (or what AZURE_DEVOPS_URL says in its place)."""
    base = (given.get("AZURE_DEVOPS_URL") or DEFAULT_AZURE_DEVOPS_URL).rstrip("/")
    url = _needed(given, "ORGANISATION", "the address of the organisation").rstrip("/")
    name = url.removeprefix(f"{base}/")
    if name == url or not name or any(sign in name for sign in "/?#@ "):
        raise OptionsError(f"ORGANISATION must be {base}/ and the organisation's name, nothing else.")
    return url


def _credential(given: Mapping[str, str]) -> CredentialRequest | None:
    if given.get("AZURE_DEVOPS_PAT"):
        return _made("AZURE_DEVOPS_PAT", PersonalAccessToken, token=given["AZURE_DEVOPS_PAT"])
    if any(given.get(name) for name in _PROOFS):
        return _service_principal(given)
    if given.get("IDENTITY_ENDPOINT"):  # Azure's compute services say so where they have an identity
        return _made("AZURE_CLIENT_ID", ManagedIdentity, client_id=given.get("AZURE_CLIENT_ID") or None)
    return None


def _service_principal(given: Mapping[str, str]) -> CredentialRequest:
    missing = [name for name in _PRINCIPAL if not given.get(name)]
    if missing:
        raise OptionsError(f"{' and '.join(missing)} missing: a service principal needs {', '.join(_PRINCIPAL)} too.")
    proof: dict[str, str] = {}
    if given.get("AZURE_CLIENT_SECRET"):
        proof = {"client_secret": given["AZURE_CLIENT_SECRET"]}
    else:
        proof = {"certificate": _file(given["AZURE_CLIENT_CERTIFICATE_PATH"])}
    about = ", ".join((*_PRINCIPAL, "or the proof"))
    principal = {"tenant": given["AZURE_TENANT_ID"], "client_id": given["AZURE_CLIENT_ID"]}
    return _made(about, ServicePrincipal, **principal, **proof)


def _file(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, ValueError) as error:
        raise OptionsError(f"AZURE_CLIENT_CERTIFICATE_PATH cannot be read: {path}") from error


def _made(about: str, model: type[CredentialRequest], **values: str | None) -> CredentialRequest:
    kinds = {PersonalAccessToken: "personal_access_token", ServicePrincipal: "service_principal"}
    try:
        return model.model_validate({"kind": kinds.get(model, "managed_identity"), **values})
    except ValidationError as error:
        # Only what the rule says: what was given may be a secret.
        problems = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise OptionsError(f"{about} cannot be used: {problems}") from None
