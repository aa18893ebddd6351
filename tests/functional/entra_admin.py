"""What administrators of Entra and of the organisation do, for a bridge's own connection."""

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from local.simulators.directory import AZURE_DEVOPS, BRIDGE_CLIENT_ID, TENANT, Directory
from tests.functional.bridge import Bridge, eventually


@dataclass
class EntraAdmin:
    """Acts on the simulated directory."""

    bridge: Bridge
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.verify = self.bridge.stack.addresses.ca_bundle

    def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.bridge.stack.addresses.entra}/_simulator/{path}"
        answer = self.session.request(method, url, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def tenant(self, domain: str, organization: str = "") -> str:
        """Make a customer's tenant; the organisation is connected to it."""
        body = {"domain": domain, "organization": organization or self.bridge.name}
        return str(self.control("POST", "tenants", body)["tenant"])

    def application(self, **options: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.control("POST", "applications", {"name": "bridge", **options})
        return made

    def user(self, **options: Any) -> dict[str, Any]:
        wanted = {"user_name": f"u{secrets.token_hex(4)}@contoso.example", "password": secrets.token_urlsafe(20)}
        made: dict[str, Any] = self.control("POST", "users", {**wanted, **options})
        return made

    def change(self, principal: str, **options: Any) -> None:
        self.control("POST", f"principals/{principal}", options)

    def revoke(self, principal: str) -> None:
        self.control("POST", f"principals/{principal}/revoke")

    def refuse(self, principal: str, code: int, times: int = -1, **only: str) -> None:
        self.control("POST", "refusals", {"principal": principal, "code": code, "times": times, **only})

    def approve(self, user_code: str, user_name: str) -> None:
        self.control("POST", f"device-codes/{user_code}", {"user_name": user_name})

    def join(self, principal: str, **rights: Any) -> str:
        """Make somebody a member; returns their object id in the organisation's tenant."""
        made = self.control("POST", "members", {"organization": self.bridge.name, "principal": principal, **rights})
        return str(made["object_id"])

    def leave(self, principal: str) -> None:
        self.control("DELETE", "members", {"organization": self.bridge.name, "principal": principal})

    def tokens_asked(self) -> int:
        """How often anybody asked for a token so far."""
        addresses = self.bridge.stack.addresses
        logs = (addresses.entra, addresses.identity_endpoint.removesuffix("/msi/token"))
        found = [self.session.get(f"{log}/_simulator/requests", timeout=30).json()["requests"] for log in logs]
        return sum(request["path"].endswith("/token") for log in found for request in log)

    def wait_for_a_new_token(self) -> None:
        """Use the connection, changing nothing, until a token of it was asked for."""
        before = self.tokens_asked()

        def used() -> bool:
            assert self.bridge.ask("POST", f"connections/{self.bridge.name}/check").ok
            return self.tokens_asked() > before

        eventually(used, what="a new token")


def key_and_certificate() -> tuple[str, str]:
    """Return the PEM that a connection gets, and the certificate that the application in Entra knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bridge")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return private + certificate, certificate


@dataclass
class Case:
    """One kind of credential in use: `principal` is who signs in, as the directory knows it."""

    kind: str
    credential: dict[str, Any]
    principal: str


def case(admin: EntraAdmin, kind: str) -> Case:
    """Make whoever signs in, and return the credential that a connection is given for it."""
    return _MAKERS[kind](admin)


def _secret(admin: EntraAdmin) -> Case:
    made = admin.application()
    return _application(made, {"client_secret": made["client_secret"]}, "client_secret")


def _certificate(admin: EntraAdmin) -> Case:
    pem, certificate = key_and_certificate()
    return _application(admin.application(certificate=certificate), {"certificate": pem}, "certificate")


def _federated(admin: EntraAdmin) -> Case:
    identity = str(uuid.uuid5(uuid.UUID(TENANT), BRIDGE_CLIENT_ID))
    return _application(admin.application(federated_subject=identity), {"federated": True}, "federated")


def _application(made: dict[str, Any], proof: dict[str, Any], kind: str) -> Case:
    who = {"kind": "service_principal", "tenant": TENANT, "client_id": made["client_id"]}
    return Case(kind, {**who, **proof}, made["client_id"])


def _managed_identity(admin: EntraAdmin) -> Case:
    """A user-assigned one: the system-assigned one opens Key Vault for the whole machine."""
    made = _registered(admin)
    return Case("managed_identity", {"kind": "managed_identity", "client_id": made}, made)


def _registered(admin: EntraAdmin) -> str:
    directory = Directory(admin.bridge.stack.state / "entra.db")
    try:
        return directory.register("bridge's", kind="managed_identity").client_id
    finally:
        directory.close()


def _system_assigned(_: EntraAdmin) -> Case:
    """The one with which the whole machine opens Key Vault, too: what a test does to it, it must undo."""
    return Case("system_assigned", {"kind": "managed_identity"}, BRIDGE_CLIENT_ID)


def _token(admin: EntraAdmin) -> Case:
    return _as_shown("personal_access_token", admin.bridge.token)


def _old_token(admin: EntraAdmin) -> Case:
    """As they were made until July 2024: 52 characters, without a signature."""
    value = secrets.token_hex(26)
    issue(admin, value)
    return _as_shown("old_personal_access_token", value)


def _as_shown(kind: str, value: str) -> Case:
    return Case(kind, {"kind": "personal_access_token", "token": value}, value)


def issue(admin: EntraAdmin, value: str, **rights: Any) -> None:
    """Make a personal access token, or say anew what it may do."""
    body = {"organization": admin.bridge.name, "user": "Bridge", "token": value, **rights}
    admin.bridge.control("POST", "personal-access-tokens", body)


def grant(admin: EntraAdmin, made: Case, **rights: Any) -> None:
    """Let whoever signs in into the organisation; `rights` limit what they may do there."""
    if made.kind in TOKENS:
        issue(admin, made.principal, **rights)
    else:
        admin.join(made.principal, **rights)


def _user_password(admin: EntraAdmin) -> Case:
    made, user = admin.application(public=True), admin.user()
    credential = {
        "kind": "user_password",
        "tenant": TENANT,
        "client_id": made["client_id"],
        "user_name": user["client_id"],
        "password": user["client_secret"],
    }
    return Case("user_password", credential, user["client_id"])


def _signed_in_user(admin: EntraAdmin) -> Case:
    made, user = admin.application(public=True), admin.user(single_use_refresh_tokens=True)
    credential = {"kind": "signed_in_user", "tenant": TENANT, "client_id": made["client_id"]}
    return Case("signed_in_user", credential, user["client_id"])


_MAKERS = {
    "client_secret": _secret,
    "certificate": _certificate,
    "federated": _federated,
    "managed_identity": _managed_identity,
    "user_password": _user_password,
    "signed_in_user": _signed_in_user,
    "system_assigned": _system_assigned,
    "personal_access_token": _token,
    "old_personal_access_token": _old_token,
}
KINDS = tuple(_MAKERS)
TOKENS = ("personal_access_token", "old_personal_access_token")
"""Those of Azure DevOps itself; all others sign in to Entra."""
OF_ENTRA = tuple(kind for kind in KINDS if kind not in TOKENS)


def connect(admin: EntraAdmin, made: Case) -> dict[str, Any]:
    """Save the connection; a person signs in where the kind needs one. Returns what the API shows of it."""
    bridge = admin.bridge
    answer = bridge.connect(credential=made.credential)
    assert answer.status_code == 200, answer.text
    if made.kind == "signed_in_user":
        sign_in(admin, made)
    return dict(bridge.ask("GET", f"connections/{bridge.name}").json())


def sign_in(admin: EntraAdmin, made: Case) -> None:
    """Do what the person does."""
    path = f"connections/{admin.bridge.name}/sign-in"
    started = admin.bridge.ask("POST", path).json()
    assert admin.bridge.ask("GET", path).json()["status"] == "pending"
    admin.approve(started["user_code"], made.principal)
    done = eventually(lambda: _done(admin.bridge, path), what="the sign-in")
    assert done["identity"]


def _done(bridge: Bridge, path: str) -> dict[str, Any] | None:
    found = bridge.ask("GET", path).json()
    return dict(found) if found["status"] == "done" else None


def working(admin: EntraAdmin, kind: str, **options: Any) -> Case:
    """A linked connection of a kind."""
    made = case(admin, kind)
    if options:
        admin.change(made.principal, **options)
    grant(admin, made)
    connect(admin, made)
    assert admin.bridge.link().ok
    return made


def refuse(admin: EntraAdmin, made: Case) -> None:
    """Refuse whoever signs in from now on, and end the tokens that they have."""
    if made.kind in TOKENS:
        admin.bridge.control("DELETE", f"personal-access-tokens/{made.principal}")
        return
    if made.kind == "signed_in_user":
        admin.revoke(made.principal)  # the refresh token, too
        return
    if made.kind == "system_assigned":
        admin.refuse(made.principal, 700016, resource=AZURE_DEVOPS)
        admin.bridge.fault("GET .*", "status:401")
        admin.bridge.fault("POST .*", "status:401")
        return
    admin.refuse(made.principal, {"managed_identity": 700016, "user_password": 50076}.get(made.kind, 7000222))
    admin.revoke(made.principal)


def mend(admin: EntraAdmin, made: Case) -> None:
    """Undo `refuse`, as an administrator would."""
    if made.kind in TOKENS:
        replacement = made.principal[::-1]
        issue(admin, replacement)
        assert admin.bridge.connect(credential={**made.credential, "token": replacement}).ok
    elif made.kind == "signed_in_user":
        sign_in(admin, made)
    elif made.kind == "system_assigned":
        admin.refuse(made.principal, 0, times=0, resource=AZURE_DEVOPS)
    else:
        admin.refuse(made.principal, 0, times=0)
