"""What to type into Azure DevOps where a person sets service hooks up by hand.

Labels as on the pages of Project settings, Service hooks, Create subscription, Web Hooks:
https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from shared.azure_devops.subscriptions import VERSION
from shared.connections import hook_password
from shared.connections.models import Connection
from shared.connections.store import ConnectionStore
from shared.links.service_hooks import EVENTS, ServiceHooks

_LABELS = {
    "workitem.commented": "Work item commented on",
    "workitem.deleted": "Work item deleted",
    "workitem.restored": "Work item restored",
    "workitem.updated": "Work item updated",
}
_ONLY_HERE: Mapping[str, Mapping[str, str]] = {
    "workitem.commented": {"Contains string": ""},
    "workitem.updated": {"Field": "[Any]", "Links are added or removed": "no"},
}


class FormView(TypedDict):
    """What to type into the two pages of the form for one event, by the fields' labels."""

    event: str
    trigger: dict[str, str]
    action: dict[str, str]


class HookView(TypedDict):
    """What service hooks that are set up by hand need. `password` is a secret."""

    url: str
    user_name: str
    password: str
    subscriptions: list[FormView]


@dataclass(frozen=True, slots=True)
class ShowHook:
    """The use case behind `GET /connections/{connection}/hook`."""

    connections: ConnectionStore
    hooks: ServiceHooks

    def __call__(self, name: str) -> HookView:
        """Return address, user name, password and each form's values. Raises `NotFoundError`.

        The password is a secret: for who holds the host key only, never to be stored or logged.
        """
        connection = self.connections.get(name)
        return {
            "url": self.hooks.url(name),
            "user_name": hook_password.USER_NAME,
            "password": self.hooks.password(name),
            "subscriptions": [
                {"event": event, "trigger": _trigger(event, connection), "action": self._action(name)}
                for event in EVENTS
            ],
        }

    def _action(self, name: str) -> dict[str, str]:
        return {
            "Perform this action": "Post via HTTP",
            "URL": self.hooks.url(name),
            "Accept untrusted SSL certificates": "no",
            "HTTP headers": "",
            "Basic authentication username": hook_password.USER_NAME,
            "Basic authentication password": self.hooks.password(name),
            "Resource details to send": "All",
            "Messages to send": "All",
            "Detailed messages to send": "All",
            "Resource version": VERSION,
        }


def _trigger(event: str, connection: Connection) -> dict[str, str]:
    return {
        "Trigger on this type of event": _LABELS[event],
        "Area path": "[Any]",
        **_ONLY_HERE.get(event, {}),
        "Tag": connection.tag,
        "Work item type": "[Any]",
    }
