"""People at the cards: they edit, move, comment, delete and restore what tickets point to."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from local.torture.clients import Control, RefusedError, UnavailableError
from local.torture.ledger import ItemKey, Ledger
from local.torture.plan import Act, Deed, Plan
from local.torture.record import Record
from local.torture.updates import Updates

_LOOK_EVERY = 0.1
_LATER = 0.05
_FURTHER_EVERY = 1.0
"""Seconds: a run that goes on beyond its plan must not become another one."""
LOWEST_PRIORITY = 4


@dataclass
class People:
    """One thread, so that what was done to a card last is known."""

    plan: Plan
    ledger: Ledger
    updates: Updates
    control: Control
    states: Callable[[str, str, str], list[str]]
    record: Record
    seconds: float
    ended: threading.Event = field(default_factory=threading.Event)
    skipped: int = 0
    _known_states: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def start(self) -> threading.Thread:
        """Start acting, until `ended`."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        started = last = time.monotonic()
        waiting = list(self.plan.acts)
        further = self.plan.further_acts()
        while not self.ended.wait(_LOOK_EVERY):
            share = (time.monotonic() - started) / self.seconds
            due = [act for act in waiting if act.at <= share]
            waiting = [act for act in waiting if act.at > share]
            if not waiting and share > 1 and time.monotonic() - last > _FURTHER_EVERY:
                due += islice(further, 1)
                last = time.monotonic()
            # A card that is not there yet is looked for again a little later, as long as the plan goes on.
            again = [act for act in due if not self._do(act)]
            waiting += [Act(share + _LATER, act.vulnerability, act.deed, act.choice) for act in again if share <= 1]

    def _do(self, act: Act) -> bool:
        card = self.updates.card(self.plan.vulnerabilities[act.vulnerability].id)
        if card is None:
            return False
        item = card["work_item"]
        where = (self.plan.vulnerabilities[act.vulnerability].connection, int(item["id"]))
        try:
            change = self._change(act, where[0], item)
            after = self.control.ask("POST", f"work-items/{where[1]}?organization={where[0]}", change)
        except RefusedError:  # a rule of the process, or the card is gone: people meet that too
            self.skipped += 1
            return True
        except UnavailableError:
            return False
        self._note(where, change, after)
        self.record("acted", item=f"{where[0]}/{where[1]}", deed=act.deed, change=change)
        return True

    def _note(self, where: ItemKey, change: dict[str, Any], after: dict[str, Any]) -> None:
        """What a deleted card was told is not written; what it says afterwards decides."""
        written = {
            name: value for name, value in change.get("fields", {}).items() if after["fields"].get(name) == value
        }
        state = change.get("state", "")
        self.ledger.acted(
            where,
            fields=written,
            state=state if after["state"] == state else "",
            deleted=change.get("deleted"),
        )

    def _change(self, act: Act, organisation: str, item: dict[str, Any]) -> dict[str, Any]:
        match act.deed:
            case Deed.TITLE:
                return {"fields": {"System.Title": f"A person calls it {act.choice}"}}
            case Deed.PRIORITY:
                return {"fields": {"Microsoft.VSTS.Common.Priority": LOWEST_PRIORITY}}
            case Deed.DESCRIPTION:
                return {"fields": {description_field(item["type"]): f"<p>A person wrote {act.choice}</p>"}}
            case Deed.STATE:
                states = self._states(organisation, item["project"], item["type"])
                return {"state": states[act.choice % len(states)]}
            case Deed.COMMENT:
                return {"comment": f"A person says {act.choice}"}
            case deed:
                return {"deleted": deed is Deed.DELETE}

    def _states(self, *key: str) -> list[str]:
        organisation, project, work_item_type = key
        if (organisation, project, work_item_type) not in self._known_states:
            self._known_states[organisation, project, work_item_type] = self.states(*key)
        return self._known_states[organisation, project, work_item_type]


def description_field(work_item_type: str) -> str:
    """The form of a Bug shows Repro Steps where others show the Description."""
    return "Microsoft.VSTS.TCM.ReproSteps" if work_item_type == "Bug" else "System.Description"
