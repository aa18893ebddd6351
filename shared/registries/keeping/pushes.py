"""What a service hook's delivery says of a push, reduced to what we need of it. Pure.

https://learn.microsoft.com/azure/devops/service-hooks/events#git.push
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.subscriptions import PUSH

ROUND = "push"
SCHEMA = 1
_MOST_REFS = 25
_MAX_TEXT = 400
"""Characters, of at most four bytes each: 25 names fit a message."""


@dataclass(frozen=True, slots=True)
class Push:
    """A hint that refs of a repository have moved. Without `refs` there were too many to name: any may have."""

    connection: str
    repository: str
    refs: tuple[str, ...]

    def message(self) -> dict[str, Any]:
        """Return it as a message of the queue `registry-work`."""
        return {
            "schema": SCHEMA,
            "round": ROUND,
            "connection": self.connection,
            "repository": self.repository,
            "refs": list(self.refs),
        }

    def moves(self, ref: str) -> bool:
        """Whether a ref may have moved."""
        return not self.refs or ref in self.refs


def read_push(connection: str, payload: Mapping[str, Any]) -> Push | None:
    """Return the push in a payload, None for another event or one that names no repository."""
    resource = payload.get("resource")
    if payload.get("eventType") != PUSH or not isinstance(resource, Mapping):
        return None
    repository = resource.get("repository")
    identifier = repository.get("id") if isinstance(repository, Mapping) else None
    if not isinstance(identifier, str) or not 0 < len(identifier) <= _MAX_TEXT:
        return None
    updates = resource.get("refUpdates")
    names = [one.get("name") for one in updates if isinstance(one, Mapping)] if isinstance(updates, list) else []
    refs = tuple(name for name in names if isinstance(name, str) and 0 < len(name) <= _MAX_TEXT)
    is_whole = len(refs) == len(names) and len(refs) <= _MOST_REFS
    return Push(connection, identifier.lower(), refs if is_whole else ())


def read_message(message: Mapping[str, Any]) -> Push:
    """Return the push in a message of ours; fields of a newer version are ignored."""
    return Push(str(message["connection"]), str(message["repository"]), tuple(map(str, message["refs"])))
