"""A stateful simulator of Azure DevOps Services: work items, service hooks, rate limits, faults.

`app` makes the ASGI application; `python -m local.simulators.azure_devops --port N --state FILE` serves it. What it
was built from is in the docstrings: official specs, recorded answers, Microsoft's documents. `/_simulator/…` is the
control API, see `control`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from local.simulators.azure_devops.asgi import Simulator
from local.simulators.azure_devops.delivery import Deliveries
from local.simulators.azure_devops.identity import EntraTokens, Identity
from local.simulators.azure_devops.projects import make_organization
from local.simulators.azure_devops.settings import Settings
from local.simulators.azure_devops.store import Store
from local.simulators.azure_devops.throttling import Throttle
from local.simulators.azure_devops.world import World

__all__ = ["Identity", "app"]

_WINDOW = 300.0


def app(
    state_file: Path,
    *,
    speed: float = 1.0,
    entra_tokens: EntraTokens | None = None,
    tenant_of: Callable[[str], str] = lambda _: "",
) -> Starlette:
    """Return the simulator over a state file, which is made where it is missing.

    `speed` is how much faster the clocks of resends, probation and rate limits run. `entra_tokens` says whose a
    bearer token is, None for one that is not valid; without it no bearer token is. `tenant_of` says
    which tenant an organisation is connected to.
    """
    store = Store(state_file)
    with store.transaction() as database:
        make_organization(database, "contoso")
        make_organization(database, "fabrikam", {"Fabrikam": "Agile"})
    settings = Settings(store)
    deliveries = Deliveries(store, settings, speed)
    world = World(
        store,
        settings,
        entra_tokens=entra_tokens,
        tenant_of=tenant_of,
        throttle=Throttle(_WINDOW / speed),
        wake=deliveries.wake,
    )

    @asynccontextmanager
    async def lifespan(_application: Starlette) -> AsyncIterator[None]:
        deliveries.start()
        yield
        deliveries.stop(store.close)

    return Starlette(routes=[Mount("/", app=Simulator(world))], lifespan=lifespan)
