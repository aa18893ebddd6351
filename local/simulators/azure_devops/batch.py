"""`PATCH {organization}/_apis/wit/$batch`: several creates and updates in one request.

Microsoft's documents contradict themselves about a failing entry, so there are two modes. `independent`: failed
entries do not affect the others. `atomic`: nothing is done, the failing entry says why, and every other entry
answers 500 with TF401321, as in the documented example.
"""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from local.simulators.azure_devops import errors, work_items
from local.simulators.azure_devops.errors import ServiceError
from local.simulators.azure_devops.store import Database, savepoint
from local.simulators.azure_devops.web import JSON, Answer, Call, Route, check_version
from local.simulators.azure_devops.world import World

MOST_ENTRIES = 200
_ENTRY = re.compile(
    r"(?:/(?P<project>[^/_][^/]*))?/_apis/wit/workitems/(?:\$(?P<type>.+)|(?P<item>\d+))", re.IGNORECASE
)

type _Result = dict[str, Any]


class _WholeBulkFailedError(Exception):
    """Undoes an atomic batch; `index` is the entry that failed."""

    def __init__(self, index: int, error: ServiceError) -> None:
        super().__init__()
        self.index = index
        self.error = error


def send(world: World, call: Call) -> Answer:
    """Carry the entries out in the organisation's mode and answer one result for each."""
    entries = call.json()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise errors.bad_request("The batch request must be a list of requests.")
    if len(entries) > MOST_ENTRIES:
        raise errors.bad_request(f"The batch request has {len(entries)} entries, more than {MOST_ENTRIES}.")
    atomic = world.settings.batch_mode(call.organization) == "atomic"
    results = _together(world, call, entries) if atomic else _each(world, call, entries)
    return Answer({"count": len(results), "value": results})


def _each(world: World, call: Call, entries: list[dict[str, Any]]) -> list[_Result]:
    results = []
    with world.store.transaction() as database:
        for entry in entries:
            try:
                with savepoint(database):
                    results.append(_result(200, _carried_out(database, call, entry)))
            except ServiceError as error:
                results.append(_refused(error))
    return results


def _together(world: World, call: Call, entries: list[dict[str, Any]]) -> list[_Result]:
    try:
        with world.store.transaction() as database:
            return [_result(200, _entry_of_bulk(database, call, index, entry)) for index, entry in enumerate(entries)]
    except _WholeBulkFailedError as failure:
        return [
            _refused(failure.error) if index == failure.index else _failure(500, "TF401321: Whole Bulk failed.")
            for index in range(len(entries))
        ]


def _entry_of_bulk(database: Database, call: Call, index: int, entry: dict[str, Any]) -> Any:
    try:
        return _carried_out(database, call, entry)
    except ServiceError as error:
        raise _WholeBulkFailedError(index, error) from error


def _carried_out(database: Database, call: Call, entry: dict[str, Any]) -> Any:
    parts = urlsplit(str(entry.get("uri", "")))
    method = str(entry.get("method", "")).upper()
    found = _ENTRY.fullmatch(_relative(unquote(parts.path), call.organization))
    if found is None or method not in {"PATCH", "POST"}:
        raise errors.no_such_resource(parts.path)
    names = {name: value for name, value in found.groupdict().items() if value} | {"organization": call.organization}
    query = {name.lower(): value for name, value in parse_qsl(parts.query)}
    inner = replace(call, method=method, path=parts.path, query=query, headers={}, names=names)
    check_version(inner, preview=False)
    write = work_items.created if "type" in names else work_items.updated
    if "type" in names and "project" not in names:
        raise errors.no_such_resource(parts.path)
    return write(database, inner, entry.get("body"))


def _relative(path: str, organization: str) -> str:
    # The documents show addresses without the organisation; a project may be called like its organisation.
    rest = path[len(organization) + 1 :]
    inside = path.lower().startswith(f"/{organization.lower()}/")
    return rest if inside and _ENTRY.fullmatch(rest) else path


def _result(code: int, body: Any) -> _Result:
    return {"code": code, "headers": {"Content-Type": JSON}, "body": json.dumps(body)}


def _failure(code: int, message: str) -> _Result:
    return _result(code, {"count": 1, "value": {"Message": message}})


def _refused(error: ServiceError) -> _Result:
    return _failure(error.status, error.message)


ROUTES = (Route("PATCH", "/{organization}/_apis/wit/$batch", send),)
