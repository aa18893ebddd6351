"""The function app: registers every trigger and does nothing else."""

import azure.functions as func

from shared.triggers import (
    http_connections,
    http_creation,
    http_failed_messages,
    http_health,
    http_hooks,
    http_imports,
    http_links,
    http_openapi,
    http_personal_access_tokens,
    http_registries,
    http_tickets,
    http_tokens,
    poison,
    queues,
    timers,
)

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

for module in (
    http_connections,
    http_creation,
    http_failed_messages,
    http_health,
    http_hooks,
    http_imports,
    http_links,
    http_openapi,
    http_personal_access_tokens,
    http_registries,
    http_tickets,
    http_tokens,
    poison,
    queues,
    timers,
):
    app.register_functions(module.blueprint)
