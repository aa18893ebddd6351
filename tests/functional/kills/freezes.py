"""What is frozen: one invocation each, and what happens while it stands still.

A kill cannot show a fence, for who is dead writes nothing. Who stands still goes on with what it read long ago.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.functional.kills import flows
from tests.functional.kills.flows import CREATE, Flow, lane, linked, reconciling, sent
from tests.functional.kills.place import Place
from tests.functional.kills.processes import Invocation, SurvivedError
from tests.functional.kills.tapped import Moment

type Events = Callable[[Place], None]
_SENT = "/_apis/wit/workitems/"
_RECORDED = r"/place\d+/\$batch$"
_READ_AND_SENT = rf"workitemsbatch|{_SENT}"
_WRITTEN = rf"{_RECORDED}|{_SENT}|PATCH .*/_apis/wit/\$batch"


def _nothing(_: Place) -> None:
    """Nobody does anything."""


@dataclass(frozen=True, slots=True)
class Freeze:
    """An invocation, and what happens while it is frozen.

    `taken_over`: it stands still for longer than a lease; its message is delivered again, and everything is done to
    the end before it goes on. `at`: the calls that matter most; it is frozen before these.
    """

    prepare: Flow
    meanwhile: Events = _nothing
    taken_over: bool = False
    at: str = _WRITTEN


def _newer(place: Place) -> None:
    place.run(sent(title="newest", severity="critical"))


def _fixed(place: Place) -> None:
    place.run(sent(status="fixed"))


def _opened(place: Place) -> None:
    place.run(sent(status="open"))


def _edited(place: Place) -> None:
    """A person has the item on the desk, and we are told."""
    (item,) = place.work_items()
    place.act(item["id"], fields={"System.Title": "a person's"}, state="Doing")
    place.run(place.event())


def _text_changed(place: Place) -> Invocation:
    place.run(*linked(place), sent(description="one"), lane(place), sent(description="two"))
    return lane(place)


def _text_changed_back(place: Place) -> None:
    place.run(sent(description="one"))


def _looked_for_once(place: Place) -> None:
    """Whoever comes next looks for the item, and has to look once more later."""
    place.let_time_pass()
    place.run(lane(place))


def _next_one_dies(place: Place) -> None:
    """The next one looks for the second time, creates the item, and dies before it can tell."""
    place.let_time_pass()
    try:
        place.die(lane(place), Moment(named=CREATE, answered=True))
    except SurvivedError:
        attempts = [row for key, row in place.rows("tickets").items() if key.startswith("t|") and row.get("attempt")]
        if not (attempts or place.work_items()):  # else nothing was to be created any more
            raise


def _done(place: Place) -> None:
    """A person goes on, and what is told of it is taken in first."""
    (item,) = place.work_items()
    place.act(item["id"], state="Done")
    place.run(place.event())


def _deleted(place: Place) -> None:
    (item,) = place.work_items()
    place.act(item["id"], deleted=True)
    place.run(place.event())


def _restored(place: Place) -> None:
    (item,) = place.work_items()
    place.act(item["id"], deleted=False)
    place.run(place.event())


def _read_by_another(place: Place) -> None:
    (item,) = place.work_items()
    place.act(item["id"], state="Done", silent=True)
    place.run(reconciling(place))


def _swept_by_another(place: Place) -> None:
    place.run(("sweep", {}))


def _saved_by_another(place: Place) -> None:
    place.run(place.link)


FREEZES: Mapping[str, Freeze] = {
    "accept: a newer one comes": Freeze(flows.accept_newer, _newer),
    "work: create, a newer one comes": Freeze(flows.create, _newer, at=_RECORDED),
    "work: create, looked for once": Freeze(flows.create, _looked_for_once, at=CREATE),
    "work: create, taken over": Freeze(flows.create, _newer, taken_over=True),
    "work: create, fixed and taken over": Freeze(flows.create, _fixed, taken_over=True, at=CREATE),
    "work: create in a batch, taken over": Freeze(flows.create_together, taken_over=True),
    "work: patch, a person edits": Freeze(flows.patch, _edited),
    "work: patch, a person edits, taken over": Freeze(flows.patch, _edited, taken_over=True, at=_SENT),
    "work: patch, a person deletes": Freeze(flows.patch, _deleted, at=_SENT),
    "work: patch, taken over": Freeze(flows.patch, _newer, taken_over=True),
    "work: patch, taken back": Freeze(_text_changed, _text_changed_back, taken_over=True, at=_READ_AND_SENT),
    "work: patch in a batch, taken over": Freeze(flows.patch_together, taken_over=True),
    "work: close, taken over": Freeze(flows.close, _opened, taken_over=True, at=_SENT),
    "work: heal, taken over": Freeze(flows.heal, taken_over=True),
    "resolve: found, taken over": Freeze(flows.resolve_found, _newer, taken_over=True),
    "resolve: the next one dies": Freeze(flows.resolve_second_look_up, _next_one_dies, at=_RECORDED),
    "observe: a later event": Freeze(flows.observe_updated, _done, at=rf"{_RECORDED}|^DELETE"),
    "observe: deleted, restored": Freeze(flows.observe_deleted, _restored),
    "observe: adopted, taken over": Freeze(flows.adopt, taken_over=True),
    "reconcile: another one reads": Freeze(flows.reconcile, _read_by_another, at=rf"{_RECORDED}|^POST .*/tickets$"),
    "sweep: another one sweeps": Freeze(flows.send_forgotten, _swept_by_another, at="^DELETE"),
    "link: another one saves": Freeze(flows.save_link, _saved_by_another, at="POST .*/_apis/hooks/"),
}
