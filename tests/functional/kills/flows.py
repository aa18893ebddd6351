"""What is killed: one invocation each, with what must have happened before it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from shared.tickets.intake.grouping import ticket_of
from shared.tickets.rows import keys
from shared.tickets.vulnerabilities.snapshots import Vulnerability
from tests.functional.bridge import eventually
from tests.functional.kills.place import ASSET, Place
from tests.functional.kills.processes import Invocation, SurvivedError, now
from tests.functional.kills.tapped import Moment

type Flow = Callable[[Place], Invocation]
"""Prepares a place and returns the invocation that is then run there, with and without a kill."""

CREATE = r"POST .*/_apis/wit/workitems/\$"
_CREATES = r"PATCH .*/_apis/wit/\$batch"
_LATE = 25
_UPDATE_SENT = "POST .*/ticket-updates/messages"


def _snapshot(id_: str, **changes: Any) -> dict[str, Any]:
    least = {"id": id_, "asset": {"kind": "application", "id": ASSET}, "title": f"Finding {id_}", "severity": "high"}
    return {"schema": 1, "vulnerability": {**least, "status": "open", **changes}}


def sent(id_: str = "V1", **changes: Any) -> Invocation:
    return "request", {"id_": f"message-{id_}", "body": json.dumps(_snapshot(id_, **changes)), "at": now()}


def _lane_of(id_: str) -> int:
    return keys.lane_of(keys.ticket_key(keys.asset_key("application", ASSET), id_))


def _neighbours(count: int) -> list[str]:
    """Vulnerabilities whose tickets are worked on in one lane."""
    every = (f"V{number}" for number in range(1000))
    return [id_ for id_ in every if _lane_of(id_) == _lane_of("V1")][:count]


def lane(place: Place) -> Invocation:
    return "lane", {"connection": place.name, "lane": _lane_of("V1")}


def linked(place: Place) -> tuple[Invocation, Invocation]:
    return place.connection, place.link


def accept(place: Place) -> Invocation:
    place.run(*linked(place))
    return sent()


def accept_newer(place: Place) -> Invocation:
    place.run(*linked(place), sent())
    return sent(title="newer")


def accept_report(place: Place) -> Invocation:
    place.run(*linked(place))
    return "import", {"snapshots": [_snapshot(f"V{number}") for number in range(3)], "at": now()}


def create(place: Place) -> Invocation:
    place.run(*linked(place), sent())
    return lane(place)


def create_together(place: Place) -> Invocation:
    place.run(*linked(place), *(sent(id_) for id_ in _neighbours(3)))
    return lane(place)


def with_item(place: Place) -> int:
    place.run(*linked(place), sent(), lane(place))
    (item,) = place.work_items()
    return int(item["id"])


def patch(place: Place) -> Invocation:
    place.run(*linked(place), sent(), lane(place), sent(title="newer", severity="low"))
    return lane(place)


def patch_together(place: Place) -> Invocation:
    ids = _neighbours(2)
    before, after = [sent(id_) for id_ in ids], [sent(id_, title=f"newer {id_}") for id_ in ids]
    place.run(*linked(place), *before, lane(place), *after)
    return lane(place)


def close(place: Place) -> Invocation:
    place.run(*linked(place), sent(), lane(place), sent(status="fixed"))
    return lane(place)


def find_deleted(place: Place) -> Invocation:
    place.act(with_item(place), deleted=True, silent=True)
    place.run(sent(title="newer"))
    return lane(place)


def resolve_found(place: Place) -> Invocation:
    """The create was carried out and its answer lost."""
    place.run(*linked(place), sent())
    place.die(lane(place), Moment(named=CREATE, answered=True))
    place.let_time_pass()
    return lane(place)


def resolve_first_look_up(place: Place) -> Invocation:
    """The create was never sent."""
    place.run(*linked(place), sent())
    place.die(lane(place), Moment(named=CREATE))
    place.let_time_pass()
    return lane(place)


def resolve_second_look_up(place: Place) -> Invocation:
    invocation = resolve_first_look_up(place)
    place.run(invocation)
    place.let_time_pass()
    return invocation


def observe_updated(place: Place) -> Invocation:
    place.act(with_item(place), state="Doing")
    return place.event()


def observe_comment(place: Place) -> Invocation:
    place.act(with_item(place), comment="On it", state="Doing")
    return place.event()


def reconcile_comments(place: Place) -> Invocation:
    """What people said was never delivered."""
    item = with_item(place)
    place.act(item, comment="First", silent=True)
    place.act(item, comment="Second", silent=True)
    return reconciling(place)


def observe_deleted(place: Place) -> Invocation:
    place.act(with_item(place), deleted=True)
    return place.event()


def observe_restored(place: Place) -> Invocation:
    item = with_item(place)
    place.act(item, deleted=True)
    place.run(place.event(), sent(status="fixed"))
    place.act(item, deleted=False)
    return place.event()


def adopt(place: Place) -> Invocation:
    """An event of an item whose create is not recorded, at the end of its waiting."""
    place.run(*linked(place), sent())
    place.die(lane(place), Moment(named=CREATE, answered=True))
    (item,) = place.work_items()
    place.act(item["id"], state="Doing")
    name, event = place.event()
    return name, {**event, "waits": 100}


def reconcile(place: Place) -> Invocation:
    """What a person did was never delivered."""
    place.act(with_item(place), state="Doing", silent=True)
    return reconciling(place)


def reconciling(place: Place) -> Invocation:
    return "round", {"connection": place.name, "round": "reconcile", "after": ""}


def heal(place: Place) -> Invocation:
    """A create that Azure DevOps carried out after both look-ups, found by the feed."""
    late(place)
    place.let_time_pass()
    place.run(lane(place))
    try:
        eventually(lambda: len(place.work_items()) > 1, what="the late work item")
    except AssertionError as error:
        raise SurvivedError("the late create was adopted") from error
    place.run(reconciling(place))
    name, event = place.event()
    place.run((name, {**event, "waits": 100}))
    return lane(place)


def late(place: Place) -> Invocation:
    """A create of which nothing is to be seen at the first look-up after its lease; it is carried out later."""
    place.run(*linked(place), sent())
    place.fault(f"POST /{place.name}/.*workitems/\\$", f"late:{_LATE}")
    place.run(lane(place))
    place.let_time_pass()
    place.run(lane(place))
    return lane(place)


def send_forgotten(place: Place) -> Invocation:
    """Two tickets whose history was written and not sent, and one that nobody was woken for."""
    first, second, third = _neighbours(3)
    place.run(*linked(place), sent(first), sent(second))
    place.die(lane(place), Moment(named=_UPDATE_SENT))
    place.run(sent(third))
    place.wait_until_forgotten()
    return "sweep", {}


def save_link(place: Place) -> Invocation:
    place.run(place.connection)
    return place.link


def save_link_again(place: Place) -> Invocation:
    place.run(*linked(place))
    return place.link


def grouped(place: Place, grouping: str = "component", **given: Any) -> tuple[Invocation, Invocation]:
    name, link = place.link
    return place.connection, (name, {**link, "body": {**link["body"], "grouping": grouping}, **given})


def group_lane(place: Place, component: str) -> Invocation:
    asset = {"kind": "application", "id": ASSET}
    least = {"id": "V", "asset": asset, "title": "t", "severity": "low", "status": "open", "component": component}
    ticket = ticket_of(Vulnerability.model_validate(least), "component")
    return "lane", {"connection": place.name, "lane": keys.lane_of(ticket)}


def with_group(place: Place) -> None:
    """Two vulnerabilities of one component, and their work item."""
    two = [sent(id_, component="a", rule="R") for id_ in ("V1", "V2")]
    place.run(*grouped(place), *two, group_lane(place, "a"))


def accept_elsewhere(place: Place) -> Invocation:
    """A vulnerability leaves one group and joins another."""
    with_group(place)
    return sent("V2", component="b", rule="R")


def lose_members(place: Place) -> Invocation:
    """A group of which the last member has left."""
    with_group(place)
    place.run(*(sent(id_, component="b", rule="R") for id_ in ("V1", "V2")))
    return group_lane(place, "a")


def regroup(place: Place) -> Invocation:
    with_group(place)
    _, link = grouped(place, "rule", existing="close")
    place.run(link)
    return "round", {"round": "link", "kind": "application", "asset": ASSET}


def by_hand(place: Place, number: int = 0) -> Invocation:
    """Link V1's ticket to a work item, or unlink it."""
    ticket = keys.ticket_key(keys.asset_key("application", ASSET), "V1")
    return "by hand", {"ticket": keys.public_id(place.name, ticket), "number": number}


def with_chosen_item(place: Place) -> int:
    """V1's ticket has no work item any more, and there is one that it may have: its own, which knows nothing of it."""
    number = with_item(place)
    place.run(by_hand(place), lane(place))
    return number


def ask_to_link(place: Place) -> Invocation:
    return by_hand(place, with_chosen_item(place))


def link_item(place: Place) -> Invocation:
    place.run(ask_to_link(place))
    return lane(place)


def link_after_attempt(place: Place) -> Invocation:
    """The create was carried out and its answer lost, then somebody chose another work item."""
    number = with_chosen_item(place)
    place.run(("retry", {"ticket": by_hand(place)[1]["ticket"]}))
    place.die(lane(place), Moment(named=CREATE, answered=True))
    place.let_time_pass()
    place.run(by_hand(place, number))
    return lane(place)


def ask_to_unlink(place: Place) -> Invocation:
    with_item(place)
    return by_hand(place)


def unlink_item(place: Place) -> Invocation:
    place.run(ask_to_unlink(place))
    return lane(place)


def unlink_deleted(place: Place) -> Invocation:
    place.act(with_item(place), deleted=True)
    place.run(place.event(), by_hand(place))
    return lane(place)


FLOWS: Mapping[str, Flow] = {
    "accept: new": accept,
    "accept: newer": accept_newer,
    "accept: a report": accept_report,
    "accept: into another group": accept_elsewhere,
    "work: create": create,
    "work: create in a batch": create_together,
    "work: patch": patch,
    "work: patch in a batch": patch_together,
    "work: close": close,
    "work: a group without members": lose_members,
    "work: find it deleted": find_deleted,
    "resolve: found": resolve_found,
    "resolve: first look-up": resolve_first_look_up,
    "resolve: second look-up": resolve_second_look_up,
    "observe: updated": observe_updated,
    "observe: commented": observe_comment,
    "observe: deleted": observe_deleted,
    "observe: restored": observe_restored,
    "observe: adopted": adopt,
    "reconcile: the feed": reconcile,
    "reconcile: comments": reconcile_comments,
    "work: heal a duplicate": heal,
    "sweep: outbox and wake-up": send_forgotten,
    "unlink: asked": ask_to_unlink,
    "unlink: a work item": unlink_item,
    "unlink: a deleted one": unlink_deleted,
    "link: a work item, asked": ask_to_link,
    "link: a work item": link_item,
    "link: a work item after an attempt": link_after_attempt,
    "link: save": save_link,
    "link: save again": save_link_again,
    "link: group otherwise": regroup,
}

SAMPLED = frozenset(
    {
        "accept: a report",
        "work: patch in a batch",
        "work: a group without members",
        "link: group otherwise",
        "unlink: asked",
        "unlink: a work item",
        "unlink: a deleted one",
        "link: a work item, asked",
        "link: a work item after an attempt",
        "observe: commented",
        "reconcile: comments",
    }
)
"""What goes the ways of other flows: a sample has fewer kills of it."""
