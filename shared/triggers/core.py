"""The functions of the core: all but those that take service hooks."""

from shared.triggers import (
    http_connections,
    http_creation,
    http_failed_messages,
    http_health,
    http_imports,
    http_links,
    http_openapi,
    http_overview,
    http_personal_access_tokens,
    http_registries,
    http_tickets,
    http_tokens,
    poison,
    queues,
    timers,
)
from shared.triggers.console import blueprints as console

blueprints = (
    http_connections.blueprint,
    http_creation.blueprint,
    http_failed_messages.blueprint,
    http_health.blueprint,
    http_imports.blueprint,
    http_links.blueprint,
    http_openapi.blueprint,
    http_overview.blueprint,
    http_personal_access_tokens.blueprint,
    http_registries.blueprint,
    http_tickets.blueprint,
    http_tokens.blueprint,
    poison.blueprint,
    queues.blueprint,
    timers.blueprint,
    *console.blueprints,
)
