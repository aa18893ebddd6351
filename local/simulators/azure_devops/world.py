"""Everything that a handler may use, in one value."""

from collections.abc import Callable
from dataclasses import dataclass, field

from local.simulators.azure_devops.faults import Faults
from local.simulators.azure_devops.identity import EntraTokens
from local.simulators.azure_devops.requests_log import RequestsLog
from local.simulators.azure_devops.settings import Settings
from local.simulators.azure_devops.store import Store
from local.simulators.azure_devops.throttling import Throttle


def _nothing() -> None:
    pass


def _no_tenant(_: str) -> str:
    return ""


@dataclass
class World:
    """One simulated Azure DevOps. `wake` tells the deliveries that there is something to deliver.

    `tenant_of` says which tenant of Entra an organisation is connected to, empty where it is none.
    """

    store: Store
    settings: Settings
    entra_tokens: EntraTokens | None = None
    tenant_of: Callable[[str], str] = _no_tenant
    faults: Faults = field(default_factory=Faults)
    requests: RequestsLog = field(default_factory=RequestsLog)
    throttle: Throttle = field(default_factory=Throttle)
    wake: Callable[[], None] = _nothing
