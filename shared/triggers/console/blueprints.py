"""The console's functions, for the core."""

from shared.triggers.console import (
    connections,
    device_code,
    failed_messages,
    hooks_by_hand,
    imports,
    links,
    overview,
    registries,
    setting_up,
    signing_in,
    static,
    tickets,
    tokens,
)

blueprints = (
    connections.blueprint,
    device_code.blueprint,
    failed_messages.blueprint,
    hooks_by_hand.blueprint,
    imports.blueprint,
    links.blueprint,
    overview.blueprint,
    registries.blueprint,
    setting_up.blueprint,
    signing_in.blueprint,
    static.blueprint,
    tickets.blueprint,
    tokens.blueprint,
)
