"""Which fields the types of work items have, remembered for a while: some are written only where they exist."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.azure_devops.fields import TypeField, fields, type_fields
from shared.azure_devops.organisation import Organisation
from shared.errors import NotFoundError, RefusedError

_SECONDS = 600.0
_SECONDS_WITHOUT = 30.0
"""A type that is not there may be made at any time; until then, one question is enough for a thousand tickets."""

type KnownFields = Mapping[str, TypeField]
"""By reference name in small letters; empty where nobody could tell."""


class TypeFields:
    """Fields by organisation, project and type; processes change rarely, tickets all the time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], tuple[float, KnownFields]] = {}

    def of(self, organisation: Organisation, project: str, work_item_type: str) -> KnownFields:
        """Return a type's fields; empty for a type that is not there (any more).

        Raises what Azure DevOps raises when it cannot be asked.
        """
        key = (organisation.url, project, work_item_type)
        with self._lock:
            until, known = self._known.get(key, (0.0, {}))
        if self._clock() < until:
            return known
        try:
            found = _asked(organisation, project, work_item_type)
            until = self._clock() + _SECONDS
        except (NotFoundError, RefusedError):
            found, until = {}, self._clock() + _SECONDS_WITHOUT
        with self._lock:
            self._known[key] = (until, found)
        return found


def _asked(organisation: Organisation, project: str, work_item_type: str) -> KnownFields:
    there = organisation.do(type_fields(project, work_item_type))
    kinds = {field.name.casefold(): field.kind for field in organisation.do(fields(project))}
    return {field.name.casefold(): replace(field, kind=kinds.get(field.name.casefold(), "")) for field in there}
