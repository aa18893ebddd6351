"""The console's functions, for the core."""

from shared.triggers.console import (
    connections,
    failed_messages,
    imports,
    links,
    overview,
    registries,
    setting_up,
    signing_in,
    tickets,
    tokens,
)

blueprints = (
    connections.blueprint,
    failed_messages.blueprint,
    imports.blueprint,
    links.blueprint,
    overview.blueprint,
    registries.blueprint,
    setting_up.blueprint,
    signing_in.blueprint,
    tickets.blueprint,
    tokens.blueprint,
)
