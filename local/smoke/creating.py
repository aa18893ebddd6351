"""Creates: one that must create nothing, one that a rule refuses, several at once, and one work item to look at."""

from collections.abc import Mapping, Sequence
from typing import Any

from local.smoke import facts
from local.smoke.run import NOWHERE, Place, Run, told, with_json
from shared.azure_devops.batches import Outcome, together
from shared.azure_devops.organisation import Call
from shared.azure_devops.work_items import (
    WorkItem,
    add_fields,
    add_hyperlink,
    create,
    get_many,
    validate_create,
)
from shared.errors import RefusedError, UnknownError
from shared.tickets.item_content.work_item_fields import ticket_url
from shared.tickets.life.transitions import identity

BATCH = "$batch: a good create, and one without a title"
_RULE = "TF401320"


def validate_only(run: Run, place: Place) -> None:
    """Ask whether a work item could be created."""
    title = add_fields({"System.Title": run.mark.title("not to be created")})
    call = validate_create(place.project.id, place.work_item_type, title)
    _, answer = run.ask("may one be created? (validateOnly)", with_json(call), lambda _: "yes")
    number = _number(answer)
    if not number:
        run.settle(facts.VALIDATE_ONLY, "the answer names no work item", holds=True)
        return
    # A number that was only tried may be given to somebody else's work item at any moment.
    what = f"is there a work item {number}, as it says?"
    there = run.ask(what, get_many([number]), lambda items: "yes" if items else "no").get(number)
    is_made = there is not None and run.mark.is_on(there)
    run.made |= {number} if is_made else set()
    evidence = f"the answer names work item {number}, and it is {'there' if is_made else 'not there, or not ours'}"
    run.settle(facts.VALIDATE_ONLY, evidence, holds=not is_made)


def _number(answer: Any) -> int:
    number = answer.get("id") if isinstance(answer, Mapping) else None
    return number if isinstance(number, int) and number > 0 else 0


def break_a_rule(run: Run, place: Place) -> None:
    """Create a work item without a title, which every process requires."""
    call = _create(run, place, {})
    refused = run.refusal("a create without a title", call)
    fields = refused.fields if isinstance(refused, RefusedError) else ()
    holds = isinstance(refused, RefusedError) and refused.rule == _RULE and "System.Title" in fields
    run.settle(facts.RULE_NAMED, f"{told(refused)} [fields: {', '.join(fields) or 'none'}]", holds=holds)


def create_together(run: Run, place: Place) -> list[Outcome]:
    """Send a good and a bad create as one `$batch`."""
    good = _create(run, place, {"System.Title": run.mark.title("the good one of a $batch")})
    outcomes = run.ask(BATCH, together([good, _create(run, place, {})]), _seen)
    run.made |= {outcome.id for outcome in outcomes if isinstance(outcome, WorkItem)}
    if any(isinstance(outcome, UnknownError) for outcome in outcomes):
        run.unanswered.add(BATCH)
    holds = isinstance(outcomes[1], RefusedError) and outcomes[1].rule == _RULE
    run.settle(facts.BATCH_ENTRIES, _seen(outcomes), holds=holds)
    return outcomes


def _seen(outcomes: Sequence[Outcome]) -> str:
    return "; ".join(
        f"work item {outcome.id}" if isinstance(outcome, WorkItem) else f"{type(outcome).__name__}: {outcome.message}"
        for outcome in outcomes
    )


def create_one(run: Run, place: Place) -> WorkItem:
    """Create the work item that the rest of the run is about, with the fields and the hyperlink of a real one."""
    fields = {
        "System.Title": run.mark.title("one work item"),
        "System.Description": f"<p>Made by a test. Ticket: {ticket_url(NOWHERE, run.mark.ticket)}</p>",
    }
    call = _create(run, place, fields, add_hyperlink(run.mark.link, "Smoke test"))
    item = run.ask("a create", call, lambda item: f"work item {item.id}, revision {item.revision}")
    run.made.add(item.id)
    as_sent = item.revision == 1 and item.hyperlinks == (run.mark.link,)
    run.settle(facts.CREATED, f"revision {item.revision}, hyperlinks: {len(item.hyperlinks)}", holds=as_sent)
    creator = identity(item.fields.get("System.CreatedBy"))
    run.settle(facts.SAME_NAME, f"{place.who.name} / {creator}", holds=place.who.name == creator)
    return item


def _create(run: Run, place: Place, fields: Mapping[str, Any], *more: dict[str, Any]) -> Call[WorkItem]:
    patch = [*add_fields({**fields, "System.Tags": run.mark.tag}), *more]
    return create(place.project.id, place.work_item_type, patch)
