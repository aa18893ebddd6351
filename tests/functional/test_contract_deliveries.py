"""What service hooks deliver, against the official definition of an event."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.specs import problems_of
from tests.functional.simulated_azure_devops import Organization, Receiver, link, receiver, simulator, until, written

EVENTS = tuple(f"workitem.{what}" for what in ("created", "updated", "commented", "deleted", "restored"))
# In every captured delivery, and in no document: shared/reference/payloads.
UNDOCUMENTED = {"subscriptionId", "notificationId"}
DOCUMENTED = {
    *("createdDate", "detailedMessage", "eventType", "id", "message", "publisherId", "resource"),
    *("resourceContainers", "resourceVersion", "sessionToken"),
}


@pytest.fixture
def contoso(tmp_path: Path) -> Iterator[Organization]:
    with simulator(tmp_path / "state.db", speed=1000) as base, Organization(base) as organization:
        yield organization


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as receiving:
        yield receiving


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"resourceDetailsToSend": "minimal", "messagesToSend": "text", "detailedMessagesToSend": "markdown"},
        {"resourceDetailsToSend": "none", "messagesToSend": "none", "detailedMessagesToSend": "none"},
    ],
    ids=["all", "little", "nothing"],
)
def test_every_event_is_as_the_document_defines_it(contoso: Organization, hook: Receiver, sent: dict[str, str]) -> None:
    for event in EVENTS:
        contoso.subscribe(event, hook.url, sent)
    number = contoso.create(links=["https://example.com/1"], Tags="one")["id"]
    contoso.update(number, written("State", "Active"), written("History", "seen"), link("https://example.com/2"))
    contoso.call("DELETE", f"Mobile/_apis/wit/workitems/{number}")
    contoso.call("PATCH", f"Mobile/_apis/wit/recyclebin/{number}", {"isDeleted": False})
    until(lambda: {event["eventType"] for event in hook.events()} == set(EVENTS))

    wrong = {
        (event["eventType"], problem)
        for event in hook.events()
        for problem in problems_of(event, "Event", "hooks/7.1/serviceHooks.json")
    }
    assert not wrong
    assert {name for event in hook.events() for name in event} <= DOCUMENTED | UNDOCUMENTED
    assert all(event.keys() >= UNDOCUMENTED for event in hook.events())
