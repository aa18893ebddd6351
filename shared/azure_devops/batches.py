"""Several changes of work items in one request.

https://learn.microsoft.com/previous-versions/azure/devops/integrate/previous-apis/wit/batch
Microsoft's pages contradict each other on whether one refused entry undoes the others, so each entry of the
answer is judged by itself, and an answer that does not match the request leaves every entry unknown.
"""

import json
from typing import TYPE_CHECKING, Any

from shared.azure_devops.answers import UNEXPECTED_FORM, Answer, judge
from shared.azure_devops.organisation import JSON_PATCH, Call
from shared.azure_devops.values import entries, number
from shared.azure_devops.work_items import WorkItem, read_item
from shared.errors import BridgeError, UnknownError

if TYPE_CHECKING:
    from collections.abc import Sequence

type Outcome = WorkItem | BridgeError


class WholeBatchError(UnknownError):
    """An answer says nothing of the single entries: any of them may have been carried out."""


def together(calls: "Sequence[Call[WorkItem]]") -> Call[list[Outcome]]:
    """Make one call of several; its value has one outcome for each, in their order."""
    entries = [
        {
            "method": "PATCH",
            "uri": f"/{call.path}?api-version={call.query['api-version']}",
            "headers": {"Content-Type": JSON_PATCH},
            "body": call.body,
        }
        for call in calls
    ]
    query = {"api-version": "7.1"}
    return Call("PATCH", "_apis/wit/$batch", lambda value: _outcomes(value, len(calls)), query, entries, changes=True)


def _outcomes(value: Any, count: int) -> list[Outcome]:
    answered = entries(value["value"])
    if len(answered) != count:
        raise WholeBatchError("Azure DevOps answered a batch with another number of entries.")
    return [_outcome(entry) for entry in answered]


def _outcome(entry: Any) -> Outcome:
    try:
        headers = {str(name).lower(): str(text) for name, text in (entry.get("headers") or {}).items()}
        body = entry.get("body")
        text = body if isinstance(body, str) else json.dumps(body)
        return read_item(judge(Answer(number(entry["code"]), headers, text.encode()), changes=True))
    except BridgeError as error:
        return _possibly_undone(error)
    except UNEXPECTED_FORM:
        return WholeBatchError("Azure DevOps answered one entry of a batch in an unexpected form.")


def _possibly_undone(error: BridgeError) -> BridgeError:
    """ "Whole bulk failed" says nothing of this entry: another one was refused."""
    if "whole bulk" in error.message.lower() or "TF401321" in error.message:
        return WholeBatchError(error.message)
    return error
