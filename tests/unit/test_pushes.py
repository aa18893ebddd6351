"""What is read of a push, whatever is sent."""

import json
from typing import Any

import pytest

from shared.registries.keeping.pushes import Push, read_message, read_push
from shared.storage.queues import MAX_MESSAGE_BYTES

MAIN = {"name": "refs/heads/main", "oldObjectId": "0" * 40, "newObjectId": "1" * 40}


def payload(**resource: Any) -> dict[str, Any]:
    whole = {"repository": {"id": "AB-1", "name": "shop"}, "refUpdates": [MAIN], "commits": [{}], **resource}
    return {"eventType": "git.push", "resource": whole}


def test_a_push_is_a_repository_and_names() -> None:
    push = read_push("contoso", payload())

    assert push == Push("contoso", "ab-1", ("refs/heads/main",))
    assert read_message(json.loads(json.dumps(push.message()))) == push
    assert (push.moves("refs/heads/main"), push.moves("refs/heads/other")) == (True, False)


@pytest.mark.parametrize("updates", [None, "x", [{}], [{"name": "n" * 401}], [MAIN] * 26, [{"name": 7}]])
def test_where_names_are_missing_any_may_have_moved(updates: Any) -> None:
    push = read_push("contoso", payload(refUpdates=updates))

    assert push
    assert push.refs == ()
    assert push.moves("refs/heads/other")


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"eventType": "git.push"},
        {"eventType": "workitem.updated", "resource": payload()["resource"]},
        payload(repository=None),
        payload(repository={"id": ""}),
        payload(repository={"id": 7}),
        payload(repository={"id": "x" * 500}),
    ],
)
def test_what_names_no_repository_is_no_push(other: dict[str, Any]) -> None:
    assert read_push("contoso", other) is None


def test_a_push_fits_a_message() -> None:
    push = read_push("contoso", payload(refUpdates=[{"name": "\U0001f600" * 400}] * 25))

    assert push
    assert len(push.refs) == 25
    assert len(json.dumps(push.message(), ensure_ascii=False).encode()) <= MAX_MESSAGE_BYTES
