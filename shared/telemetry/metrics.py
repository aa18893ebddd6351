"""What is counted and measured. Attributes have few values each: no names of customers, tickets or projects.

https://opentelemetry.io/docs/specs/semconv/general/naming/
"""

from opentelemetry.metrics import get_meter

_meter = get_meter("azure-devops-bridge")

snapshots = _meter.create_counter(
    "bridge.snapshots", unit="{snapshot}", description="Snapshots that came in, by `outcome`"
)
ticket_changes = _meter.create_counter(
    "bridge.ticket.changes", unit="{change}", description="What happened to tickets, by `change` and new `status`"
)
calls = _meter.create_histogram(
    "bridge.azure_devops.call.duration",
    unit="s",
    description="Calls to Azure DevOps, by `http.request.method`, `area` and `outcome`",
)
delays = _meter.create_histogram(
    "bridge.azure_devops.delay", unit="s", description="How long Azure DevOps asked to wait"
)
queue_ages = _meter.create_histogram(
    "bridge.queue.age", unit="s", description="How long messages waited, by `messaging.destination.name`"
)
rotations = _meter.create_counter(
    "bridge.token.rotations", unit="{run}", description="Runs over managed tokens, by `outcome`"
)
