"""The order of the calls. A step that fails leaves its facts unseen; what needs its result is left out."""

from functools import partial

from local.smoke import changing, creating, deleting, entrance, facts, finding, hooks
from local.smoke.run import Place, Run
from shared.azure_devops.subscriptions import Subscription
from shared.azure_devops.work_items import WorkItem


def tell(run: Run, place: Place) -> None:
    """Take all steps."""
    for step in (entrance.look_at_states, creating.validate_only, creating.break_a_rule):
        run.tried(partial(step, run, place))
    for ask in (entrance.be_refused, entrance.ask_for_tokens, entrance.look_for_no_project, hooks.look_at_inputs):
        run.tried(partial(ask, run))
    hook = run.tried(partial(hooks.make_subscription, run, place))
    if hook:
        run.tried(partial(hooks.find_subscription, run, hook, place))
    batch = run.tried(partial(creating.create_together, run, place))
    item = run.tried(partial(creating.create_one, run, place))
    if item:
        run.tried(partial(finding.find_by_query, run, place, item, batch))
        _follow(run, place, item, hook)
    seen = ", ".join(f"{name}: {value}" for name, value in sorted(run.wire.limits.items()))
    run.settle(facts.LIMIT_HEADERS, seen or f"none in {run.wire.answers} answers", holds=not seen)


def _follow(run: Run, place: Place, item: WorkItem, hook: Subscription | None) -> None:
    """Go through the life of one work item."""
    feed = finding.Feed(run, place)
    run.tried(partial(finding.find_in_feed, run, feed, item))
    run.tried(partial(finding.read_by_number, run, item))
    patched = run.tried(partial(changing.patch, run, item))
    if patched and hook and run.options.hook_url:
        run.tried(partial(hooks.be_told, run, hook))
    run.tried(partial(changing.write_markdown, run, item))
    item = run.tried(partial(finding.read_again, run, item)) or item
    run.tried(partial(deleting.delete_it, run, item))
    revision = run.tried(partial(deleting.look_into_bin, run, place, item)) or 0
    run.tried(partial(finding.find_deletion_in_feed, run, feed, item))
    run.tried(partial(deleting.restore_it, run, place, item, revision))
