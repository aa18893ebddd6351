"""The states of work item types and their categories, remembered for a while."""

import threading
import time
from collections.abc import Callable, Sequence

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.projects import State, states

_SECONDS = 600.0


class Categories:
    """States by organisation, project and type; processes change rarely, tickets all the time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], tuple[float, Sequence[State]]] = {}

    def states(self, organisation: Organisation, project: str, work_item_type: str) -> Sequence[State]:
        """Return a type's states. Raises what Azure DevOps raises: *unknown* is never an empty list."""
        key = (organisation.url, project, work_item_type)
        with self._lock:
            until, known = self._known.get(key, (0.0, ()))
        return known if self._clock() < until else self._read(organisation, key)

    def category(self, organisation: Organisation, project: str, work_item_type: str, state: str) -> str:
        """Return the category of a state; a state that is not known is asked for again once, then has none."""
        for known in (self.states, self._read_again):
            for candidate in known(organisation, project, work_item_type):
                if candidate.name == state:
                    return candidate.category
        return ""

    def _read_again(self, organisation: Organisation, project: str, work_item_type: str) -> Sequence[State]:
        return self._read(organisation, (organisation.url, project, work_item_type))

    def _read(self, organisation: Organisation, key: tuple[str, str, str]) -> Sequence[State]:
        found = organisation.do(states(key[1], key[2]))
        with self._lock:
            self._known[key] = (self._clock() + _SECONDS, found)
        return found
