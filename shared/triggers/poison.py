"""The timer that empties the `-poison` queues.

No queue trigger does, because the host gives up on a poison queue for good: a message that its function could not
settle five times is neither offered again nor moved nor shown anywhere.
https://github.com/Azure/azure-sdk-for-net/blob/main/sdk/storage/Microsoft.Azure.WebJobs.Extensions.Storage.Queues/src/QueueProcessor.cs
"""

import azure.functions as func

from shared.services import services
from shared.telemetry.invocations import invocation

blueprint = func.Blueprint()


@blueprint.timer_trigger("timer", "%SWEEP_SCHEDULE%", run_on_startup=False)
def settle_poison_messages(timer: func.TimerRequest) -> None:
    """Send again, or keep as failed, whatever ended on a poison queue."""
    del timer
    with invocation("settle_poison_messages"):
        services.poisoned()
