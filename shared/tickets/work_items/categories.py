"""The workflows of work item types, remembered for a while."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.projects import states
from shared.azure_devops.work_item_types import ColouredState, Workflow, read_workflow

_SECONDS = 600.0


class Categories:
    """Workflows by organisation, project and type; processes change rarely, tickets all the time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], tuple[float, Workflow]] = {}

    def workflow(self, organisation: Organisation, project: str, work_item_type: str) -> Workflow:
        """Return a type's workflow. Raises what Azure DevOps raises: *unknown* is never one without states."""
        key = (organisation.url, project, work_item_type)
        with self._lock:
            until, known = self._known.get(key, (0.0, None))
        return known if known and self._clock() < until else self._read(organisation, key)

    def category(self, organisation: Organisation, project: str, work_item_type: str, state: str) -> str:
        """Return the category of a state; a state that is not known is asked for again once, then has none."""
        known = self.workflow(organisation, project, work_item_type).category(state)
        return known or self._read_again(organisation, project, work_item_type).category(state)

    def _read_again(self, organisation: Organisation, project: str, work_item_type: str) -> Workflow:
        return self._read(organisation, (organisation.url, project, work_item_type))

    def _read(self, organisation: Organisation, key: tuple[str, str, str]) -> Workflow:
        found = organisation.do(read_workflow(key[1], key[2]))
        if not found.states:
            told = organisation.do(states(key[1], key[2]))
            found = replace(found, states=tuple(ColouredState(one.name, one.category, "") for one in told))
        with self._lock:
            self._known[key] = (self._clock() + _SECONDS, found)
        return found
