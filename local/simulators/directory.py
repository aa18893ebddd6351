"""Entra's directory: who exists, what proves it, and the tokens that say so.

A token is a JWT signed by a key that stays in the state file; other simulators verify it by `identity_of`.
"""

import hashlib
import hmac
import json
import sqlite3
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.simulators.state import State

TENANT = "5f0c1d3a-6c1e-4c57-9a55-1f2e8c3b7a10"
AZURE_DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
KEY_VAULT = "https://vault.azure.net"
BRIDGE_CLIENT_ID = "b81d6e00-2c5a-4c0a-9f0e-0a7d1c6f5e01"

_KEY_ID = "simulator"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS principals (
    client_id TEXT PRIMARY KEY, object_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL,
    secret_hash TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS options (client_id TEXT PRIMARY KEY, options TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refusals (client_id TEXT PRIMARY KEY, code INTEGER NOT NULL, times INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS members (
    organization TEXT NOT NULL, object_id TEXT NOT NULL, rights TEXT NOT NULL,
    PRIMARY KEY (organization, object_id));
CREATE TABLE IF NOT EXISTS device_codes (
    device_code TEXT PRIMARY KEY, user_code TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL, expires_at REAL NOT NULL,
    scope TEXT NOT NULL, state TEXT NOT NULL, user_name TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS refresh_tokens (
    token_hash TEXT PRIMARY KEY, client_id TEXT NOT NULL, user_name TEXT NOT NULL, generation INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS tenants (id TEXT PRIMARY KEY, domain TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS presences (
    client_id TEXT NOT NULL, tenant TEXT NOT NULL, object_id TEXT NOT NULL UNIQUE, PRIMARY KEY (client_id, tenant));
CREATE TABLE IF NOT EXISTS organizations (name TEXT PRIMARY KEY, tenant TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signing (only INTEGER PRIMARY KEY CHECK (only = 1), pem TEXT NOT NULL);
"""

_PRESENT = "SELECT client_id, tenant, presences.object_id, name, kind FROM presences JOIN principals USING (client_id)"

type Kind = Literal["managed_identity", "service_principal", "user"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who can sign in, as one tenant has them. A user's `client_id` is the name that they sign in by."""

    client_id: str
    object_id: str
    name: str
    kind: Kind
    tenant: str = TENANT


class Directory:
    """All tenants of the simulated Entra: ours, and those of customers."""

    def __init__(self, path: Path, *, token_lifetime: float = 3600.0) -> None:
        self.state = State(path, _SCHEMA)
        self.token_lifetime = token_lifetime
        self._key = self._signing_key()
        self.register("bridge", kind="managed_identity", client_id=BRIDGE_CLIENT_ID)

    def register(
        self,
        name: str,
        *,
        kind: Kind = "service_principal",
        client_id: str = "",
        secret: str = "",
        tenant: str = TENANT,
    ) -> Principal:
        """Add a principal to a tenant, or replace the secret of the one with this client id."""
        client_id = client_id or str(uuid.uuid4())
        object_id = _object_id(client_id, tenant)
        with self.state.transaction() as sql:
            sql.execute(
                "INSERT INTO principals VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (client_id) DO UPDATE SET secret_hash = excluded.secret_hash",
                (client_id, object_id, name, kind, digest(secret) if secret else ""),
            )
        self.admit(client_id, tenant)
        return Principal(client_id, object_id, name, kind, tenant)

    def admit(self, client_id: str, tenant: str) -> None:
        """Make the object that stands for a principal in a tenant: what an administrator's consent does."""
        with self.state.transaction() as sql:
            values = (client_id, tenant, _object_id(client_id, tenant))
            sql.execute("INSERT OR IGNORE INTO presences VALUES (?, ?, ?)", values)

    def remove(self, client_id: str) -> None:
        """Remove a principal; its tokens are worth nothing from now on."""
        with self.state.transaction() as sql:
            sql.execute("DELETE FROM principals WHERE client_id = ?", (client_id,))

    def principal(self, client_id: str, tenant: str = TENANT) -> Principal | None:
        """Return the principal with this client id, if it is in the tenant."""
        row = self.state.row(f"{_PRESENT} WHERE client_id = ? AND tenant = ?", client_id, tenant)
        return _principal(row) if row else None

    def options(self, client_id: str) -> dict[str, Any]:
        """Return what a principal is like: `token_lifetime`, `certificate`, `federated_subject`, `mfa`, …"""
        row = self.state.row("SELECT options FROM options WHERE client_id = ?", client_id)
        return dict(json.loads(row["options"])) if row else {}

    def change(self, client_id: str, changes: dict[str, Any]) -> None:
        """Change what a principal is like; `secret` is its new client secret or password."""
        options = {**self.options(client_id), **changes}
        secret = options.pop("secret", "")
        with self.state.transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO options VALUES (?, ?)", (client_id, json.dumps(options)))
            if secret:
                sql.execute("UPDATE principals SET secret_hash = ? WHERE client_id = ?", (digest(secret), client_id))

    def revoke(self, client_id: str) -> None:
        """From now on, every token that a principal has is worth nothing."""
        self.change(client_id, {"generation": self.generation(client_id) + 1})

    def generation(self, client_id: str) -> int:
        """Return how often a principal's tokens were revoked."""
        return int(self.options(client_id).get("generation", 0))

    def lifetime(self, principal: Principal) -> int:
        """Return for how many seconds a new token of a principal is worth something."""
        return int(self.options(principal.client_id).get("token_lifetime", self.token_lifetime))

    def has_secret(self, principal: Principal, secret: str) -> bool:
        """Say whether `secret` is this principal's client secret."""
        row = self.state.row("SELECT secret_hash FROM principals WHERE client_id = ?", principal.client_id)
        return bool(row) and hmac.compare_digest(row["secret_hash"], digest(secret)) if row else False

    def token_for(self, principal: Principal, audience: str, *, issuer: str, application: str = "") -> str:
        """Return an access token with which `principal` (a user: through `application`) may speak to `audience`."""
        now = int(time.time())
        claims = {
            "aud": audience.rstrip("/"),
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime(principal),
            "appid": application or principal.client_id,
            "oid": principal.object_id,
            "sub": principal.object_id,
            "tid": principal.tenant,
            "idtyp": "user" if principal.kind == "user" else "app",
            "jti": str(uuid.uuid4()),
            "generation": self.generation(principal.client_id),
        }
        if principal.kind == "user":
            claims["upn"] = principal.client_id
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": _KEY_ID})

    def identity_of(self, token: str, audience: str) -> Principal | None:
        """Return whose token this is, or nothing if it is forged, expired or meant for somebody else."""
        try:
            claims = jwt.decode(token, self._key.public_key(), algorithms=["RS256"], audience=audience.rstrip("/"))
        except jwt.InvalidTokenError:
            return None
        row = self.state.row(f"{_PRESENT} WHERE presences.object_id = ?", str(claims.get("oid", "")))
        found = _principal(row) if row else None
        current = found and claims.get("generation") == self.generation(found.client_id)
        return found if current else None

    def public_keys(self) -> dict[str, Any]:
        """Return the JSON Web Key Set with which anybody can verify the tokens."""
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "use": "sig", "kid": _KEY_ID, "alg": "RS256"}]}

    def _signing_key(self) -> rsa.RSAPrivateKey:
        with self.state.transaction() as sql:
            row = sql.execute("SELECT pem FROM signing").fetchone()
            pem = row["pem"] if row else _new_key()
            if not row:
                sql.execute("INSERT INTO signing VALUES (1, ?)", (pem,))
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("The state file does not hold an RSA key.")
        return key

    def close(self) -> None:
        """Close the state file."""
        self.state.close()


def _principal(row: sqlite3.Row) -> Principal:
    return Principal(row["client_id"], row["object_id"], row["name"], row["kind"], row["tenant"])


def _object_id(client_id: str, tenant: str) -> str:
    return str(uuid.uuid5(uuid.UUID(tenant), client_id))


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
