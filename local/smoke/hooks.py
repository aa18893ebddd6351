"""Service hooks: what the consumer takes, a subscription as the bridge makes it, and whether an update is sent."""

import secrets
from collections.abc import Mapping
from typing import Any

from local.smoke import facts
from local.smoke.run import Place, Run, with_json
from shared.azure_devops.consumers import web_hook_inputs
from shared.azure_devops.notifications import list_notifications
from shared.azure_devops.subscriptions import Subscription, subscribe, web_hooks
from shared.connections.hook_password import USER_NAME
from shared.errors import CredentialError, NotFoundError, RefusedError

_NOBODY_LISTENS = "https://example.com"
_EVENT = "workitem.updated"


def look_at_inputs(run: Run) -> None:
    """Ask what the web hook consumer takes."""
    found = run.ask("what a web hook takes", web_hook_inputs(), lambda inputs: ", ".join(each.id for each in inputs))
    confidential = {each.id: each.confidential for each in found}
    evidence = ", ".join(name for name in confidential if name.startswith("basicAuth")) or "no such input"
    holds = "basicAuthUsername" in confidential and confidential.get("basicAuthPassword", False)
    run.settle(facts.HOOK_INPUTS, evidence, holds=holds)


def make_subscription(run: Run, place: Place) -> Subscription:
    """Subscribe to updates of items with a tag, as the bridge does."""
    password = secrets.token_urlsafe(24)
    call = subscribe(
        event=_EVENT,
        project=place.project.id,
        only={"tag": _tag(run)},
        url=_url(run),
        user_name=USER_NAME,
        password=password,
    )
    run.subscribed = True
    try:
        made, answer = run.ask("a subscription", with_json(call), lambda pair: f"{pair[0].id}, {pair[0].status}")
    except (CredentialError, RefusedError, NotFoundError) as error:
        _settle_right(run, error.message, holds=False)
        raise
    run.hooks.add(made.id)
    _settle_right(run, f"as {place.who.name} ({run.options.signs_in_by})", holds=True)
    shown = _password_in(answer)
    run.settle(facts.HOOK_MASKED, "shown in clear text" if shown == password else "hidden", holds=shown != password)
    return made


def _tag(run: Run) -> str:
    """The run's tag; without HOOK_URL one that no item gets, so that nothing is ever sent."""
    return run.mark.tag if run.options.hook_url else f"{run.mark.tag}-none"


def _url(run: Run) -> str:
    """With a query like the one in which the bridge names a subscription's password."""
    return run.options.hook_url or f"{_NOBODY_LISTENS}/{run.mark.tag}?epoch=1-0123456789ab"


def _settle_right(run: Run, evidence: str, *, holds: bool) -> None:
    run.settle(facts.HOOK_MADE, evidence, holds=holds)
    if run.options.is_application:
        run.settle(facts.HOOK_BY_APPLICATION, evidence, holds=holds)


def _password_in(answer: Any) -> str:
    inputs = answer.get("consumerInputs") if isinstance(answer, Mapping) else None
    return str(inputs.get("basicAuthPassword", "")) if isinstance(inputs, Mapping) else ""


def find_subscription(run: Run, made: Subscription, place: Place) -> None:
    """Look for the subscription in the list, as the bridge does before it makes one."""
    found = run.ask("the list of subscriptions", web_hooks(), lambda hooks: f"web hooks: {len(hooks)}")
    ours = next((hook for hook in found if hook.id == made.id), None)
    said = (ours.event, ours.project, ours.tag, ours.url) if ours else ()
    holds = said == (_EVENT, place.project.id, _tag(run), _url(run))
    run.settle(facts.HOOK_ECHO, ", ".join(said) if said else "it is not listed", holds=holds)


def be_told(run: Run, made: Subscription) -> None:
    """Wait until the subscription was given an update that was made before."""
    results: list[str] = []

    def look() -> bool:
        results[:] = [found.result for found in run.organisation.do(list_notifications(made.id))]
        return any(result != "pending" for result in results)

    run.until("what the subscription was sent", look)
    run.settle(facts.HOOK_SENT, f"updates sent: {', '.join(results) or 'none'}", holds=bool(results))
