"""Where a customer's administrator agrees that an application may act in the customer's tenant.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from pydantic import ConfigDict

from shared.connections.credentials.credential import AZURE_DEVOPS_SCOPE
from shared.connections.credentials.models import ClientId, Tenant
from shared.connections.store import ConnectionStore
from shared.validation import Model, validated


class _Asked(Model):
    model_config = ConfigDict(hide_input_in_errors=True)
    tenant: Tenant
    client_id: ClientId
    redirect: str


@dataclass(frozen=True, slots=True)
class Consent:
    """The use case behind `GET /connections/{connection}/consent`."""

    store: ConnectionStore
    entra_url: str
    public_url: str

    def __call__(self, name: str, given: Mapping[str, str]) -> str:
        """Return the page that makes the application's service principal in the tenant.

        What is not `given` comes from the connection, which cannot be saved before somebody agreed: the first time,
        all is given. `redirect` must be one of the application's redirect addresses; Entra goes there when done.
        Raises `RejectedRequestError` naming what is missing.
        """
        stored = self.store.find(name)
        known = {**(stored.details if stored else {}), "redirect": self.public_url, **given}
        asked = validated(_Asked, known, what="query")
        query = {
            "client_id": asked.client_id,
            "scope": AZURE_DEVOPS_SCOPE,
            "redirect_uri": asked.redirect,
            "state": name,
        }
        return f"{self.entra_url}/{asked.tenant}/v2.0/adminconsent?{urlencode(query)}"
