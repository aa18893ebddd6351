"""The private certificate authority that makes HTTPS to the simulators real.

The SDKs for Key Vault and Entra accept nothing but HTTPS, so the simulators get a certificate for 127.0.0.1
from an authority that only this state folder knows.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import certifi
import trustme

from local.private_files import write_private

_NAMES = ("127.0.0.1", "localhost")
# Whatever the environment says about trust would override our bundle.
_TRUST_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class Trust:
    """The files of the authority. `bundle` trusts it beside what this machine trusts already."""

    authority: Path
    bundle: Path
    certificate: Path

    @classmethod
    def under(cls, folder: Path) -> "Trust":
        """Return the authority that lives in `folder`, made on first use."""
        trust = cls(folder / "ca.pem", folder / "ca-bundle.pem", folder / "simulators.pem")
        if not (trust.authority.exists() and trust.certificate.exists()):
            trust._make()
        # Written on each start: what the machine trusts may have changed.
        write_private(trust.bundle, f"{_trusted_already().read_text()}\n{trust.authority.read_text()}")
        return trust

    def _make(self) -> None:
        authority = trustme.CA(organization_name="Simulators of this machine")
        issued = authority.issue_cert(*_NAMES)
        write_private(self.certificate, issued.private_key_and_cert_chain_pem.bytes().decode())
        write_private(self.authority, authority.cert_pem.bytes().decode())

    def environment(self) -> dict[str, str]:
        """Return the variables that make requests, and everything built on it, trust the simulators."""
        return {**dict.fromkeys(_TRUST_VARIABLES, ""), "REQUESTS_CA_BUNDLE": str(self.bundle)}


def _trusted_already() -> Path:
    given = Path(os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where())
    return given if given.is_file() else Path(certifi.where())
