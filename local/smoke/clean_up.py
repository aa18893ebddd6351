"""Takes away what a run made: its subscription, and its work items, past the recycle bin where that is allowed.

Only what this run made is touched: work items whose numbers it was told, or that carry its tag; subscriptions for it.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial

from local.smoke.run import Place, Run
from shared.azure_devops.subscriptions import unsubscribe, web_hooks
from shared.azure_devops.work_items import DeletedItem, WorkItem, delete, destroy, find_created_since, restore
from shared.errors import BridgeError, NotFoundError, ThrottledError, TransientError
from shared.tickets.work_items.presence import Presence, find

_TRIES = 3
_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


def clean_up(run: Run, place: Place) -> list[str]:
    """Remove all of it; returns what could not be removed, in words."""
    return [*_subscriptions(run), *_work_items(run, place)]


def _subscriptions(run: Run) -> Iterator[str]:
    if not run.subscribed:
        return
    try:
        run.hooks |= _listed(run)
    except Exception as error:  # noqa: BLE001
        yield f"Other service hook subscriptions with the tag {run.mark.tag}, if any: {_words(error)}"
    for hook in sorted(run.hooks):
        try:
            _insist(partial(run.organisation.do, unsubscribe(hook)))
        except NotFoundError:  # a lost answer said that it is gone
            continue
        except Exception as error:  # noqa: BLE001
            yield f"Service hook subscription {hook}: {_words(error)}"


def _listed(run: Run) -> set[str]:
    """Return the subscriptions that carry the run's tag."""
    hooks = _insist(lambda: run.organisation.do(web_hooks()))
    return {hook.id for hook in hooks if run.mark.tag in hook.tag or run.mark.tag in hook.url}


def _work_items(run: Run, place: Place) -> Iterator[str]:
    try:
        run.made |= _tagged(run, place)
    except Exception as error:  # noqa: BLE001
        yield f"Other work items with the tag {run.mark.tag}, if any: {_words(error)}"
    for number in sorted(run.made):
        try:
            left = _remove(run, place, number)
        except Exception as error:  # noqa: BLE001
            left = _words(error)
        if left:
            yield f"Work item {number}: {left}"


def _tagged(run: Run, place: Place) -> set[int]:
    """Return what carries the run's tag. After a create without an answer, wait for what it may have made."""
    wanted = find_created_since(place.project.id, run.mark.tag, run.since)
    deadline = time.monotonic()
    if run.unanswered:
        asked = "; ".join(sorted(run.unanswered))
        run.say(
            f"     No clear answer came to: {asked}. Looking for {run.options.patience:.0f} s at most what it made."
        )
        deadline += run.options.patience
    while True:
        found = set(_insist(lambda: run.organisation.do(wanted)))
        if found - run.made or time.monotonic() >= deadline:
            return found
        time.sleep(_PAUSE)


def _remove(run: Run, place: Place, number: int) -> str:
    """Destroy one work item wherever it is; returns where it still is, empty when it is gone."""
    project = place.project.id
    if isinstance(_where(run, project, number), DeletedItem):
        _insist(lambda: run.organisation.do(restore(project, number)))
    there = _where(run, project, number)
    if not isinstance(there, WorkItem) or not run.mark.is_on(there):
        return ""
    refusal = _destroy(run, number)
    match _where(run, project, number):
        case WorkItem():
            _insist(lambda: run.organisation.do(delete(number)))
            return f"now in the project's recycle bin; it could not be deleted for good: {refusal}"
        case DeletedItem():
            return f"in the project's recycle bin: {refusal}"
        case _:
            return ""


def _where(run: Run, project: str, number: int) -> Presence:
    return _insist(lambda: find(run.organisation, project, number))


def _destroy(run: Run, number: int) -> str:
    """Delete one work item for good; returns why that was refused, if it was."""
    try:
        _insist(lambda: run.organisation.do(destroy(number)))
    except NotFoundError:  # a try before this one, whose answer was lost, did it
        return ""
    except BridgeError as error:
        return error.message
    return ""


def _words(error: Exception) -> str:
    """Return what went wrong, ours or not: whatever it is, the next thing is removed all the same."""
    return error.message if isinstance(error, BridgeError) else f"{type(error).__name__}: {error}"


def _insist[T](ask: Callable[[], T]) -> T:
    """Ask, again after passing faults. Raises what the last try raised."""
    for _ in range(_TRIES - 1):
        try:
            return ask()
        except TransientError as error:
            pause = error.retry_after if isinstance(error, ThrottledError) else _PAUSE
            time.sleep(min(pause, _LONGEST_PAUSE))
    return ask()
