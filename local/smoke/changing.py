"""Patches: the revision, a stale one, and Markdown."""

from typing import Any

from local.smoke import facts
from local.smoke.run import Run, told, with_json
from shared.azure_devops.work_items import WorkItem, add_fields, change, test_revision
from shared.errors import BridgeError, ConflictError

_TEXT = "System.Description"


def patch(run: Run, item: WorkItem) -> WorkItem:
    """Change the item with a test of its revision, and a comment; then once more with the same, now stale."""
    fields = {"System.Title": run.mark.title("one work item, changed"), "System.History": "Changed by a smoke test."}
    operations = [test_revision(item.revision), *add_fields(fields)]
    changed = run.ask("a patch with its revision", change(item.id, operations), lambda new: f"revision {new.revision}")
    evidence = f"{item.revision} → {changed.revision}"
    run.settle(facts.PATCH_REVISION, evidence, holds=changed.revision == item.revision + 1)
    refused = run.refusal("the same patch, stale now", change(item.id, operations))
    run.settle(facts.STALE, f"{run.wire.statuses[0]}: {told(refused)}", holds=isinstance(refused, ConflictError))
    return changed


def write_markdown(run: Run, item: WorkItem) -> None:
    """Make the description Markdown, and HTML again."""
    if _kept_as(run, item, facts.MARKDOWN, "markdown", "**bold**"):
        _kept_as(run, item, facts.BACK_TO_HTML, "html", "<b>bold</b>")


def _kept_as(run: Run, item: WorkItem, fact: facts.Fact, kind: str, text: str) -> bool:
    choice = {"op": "add", "path": f"/multilineFieldsFormat/{_TEXT}", "value": kind}
    call = change(item.id, [*add_fields({_TEXT: text}), choice])
    try:
        _, answer = run.ask(f"a description in {kind}", with_json(call), lambda pair: _format(pair[1]))
    except BridgeError as error:
        run.settle(fact, error.message, holds=False)
        return False
    holds = _format(answer).lower() == kind
    run.settle(fact, f"multilineFieldsFormat: {_format(answer)}", holds=holds)
    return holds


def _format(answer: Any) -> str:
    return str((answer.get("multilineFieldsFormat") or {}).get(_TEXT, "none"))
