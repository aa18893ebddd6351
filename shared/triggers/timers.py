"""Timer triggers."""

import azure.functions as func

from shared.services import services

blueprint = func.Blueprint()


@blueprint.timer_trigger("timer", "%SWEEP_SCHEDULE%", run_on_startup=False)
def sweep(timer: func.TimerRequest) -> None:
    """Find what a process that died forgot."""
    del timer
    services.sweep()
