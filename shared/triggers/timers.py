"""Timer triggers."""

import azure.functions as func

from shared.services import services
from shared.telemetry.invocations import invocation
from shared.tickets.upkeep.rounds import Round

blueprint = func.Blueprint()


@blueprint.timer_trigger("timer", "%SWEEP_SCHEDULE%", run_on_startup=False)
def sweep(timer: func.TimerRequest) -> None:
    """Find what a process that died forgot."""
    del timer
    with invocation("sweep"):
        services.sweep()


@blueprint.timer_trigger("timer", "%RECONCILE_SCHEDULE%", run_on_startup=False)
def reconcile(timer: func.TimerRequest) -> None:
    """Read from Azure DevOps what no service hook told."""
    del timer
    with invocation("reconcile"):
        services.rounds.start(Round.RECONCILE)


@blueprint.timer_trigger("timer", "%VERIFY_SCHEDULE%", run_on_startup=False)
def verify(timer: func.TimerRequest) -> None:
    """Compare every work item with what is known of it."""
    del timer
    with invocation("verify"):
        services.rounds.start(Round.VERIFY)


@blueprint.timer_trigger("timer", "%VERIFY_SCHEDULE%", run_on_startup=False)
def rights(timer: func.TimerRequest) -> None:
    """Try what each connection may do."""
    del timer
    with invocation("rights"):
        services.rounds.start(Round.RIGHTS)


@blueprint.timer_trigger("timer", "%DOCTOR_SCHEDULE%", run_on_startup=False)
def doctor(timer: func.TimerRequest) -> None:
    """Examine and mend service hooks."""
    del timer
    with invocation("doctor"):
        services.rounds.start(Round.DOCTOR)


@blueprint.timer_trigger("timer", "%DOCTOR_SCHEDULE%", run_on_startup=False)
def count(timer: func.TimerRequest) -> None:
    """Count tickets, for who looks."""
    del timer
    with invocation("count"):
        services.counting.start()


@blueprint.timer_trigger("timer", "%RETENTION_SCHEDULE%", run_on_startup=False)
def retention(timer: func.TimerRequest) -> None:
    """Forget what was kept long enough."""
    del timer
    with invocation("retention"):
        services.retention.start()
        services.registry_runs.ask_to_forget()


@blueprint.timer_trigger("timer", "%TOKENS_SCHEDULE%", run_on_startup=False)
def rotate_tokens(timer: func.TimerRequest) -> None:
    """Prove managed tokens, and replace those that are due."""
    del timer
    with invocation("rotate_tokens"):
        services.token_runs.start()


@blueprint.timer_trigger("timer", "%TOKENS_SCHEDULE%", run_on_startup=False)
def watch_credentials(timer: func.TimerRequest) -> None:
    """Tell in good time of credentials that end; apart from tokens, so that their trouble keeps no warning back."""
    del timer
    with invocation("watch_credentials"):
        services.expiries.watch()
