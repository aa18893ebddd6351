"""What answers said below our client: their status, and the headers of the rate limit."""

from typing import Any

import requests

_LIMITS = ("retry-after", "x-ratelimit-")


class Wire:
    """Watches a session. `statuses` are those of the answers since they were last cleared."""

    def __init__(self) -> None:
        self.answers = 0
        self.statuses: list[int] = []
        self.limits: dict[str, str] = {}

    def watch(self, session: requests.Session) -> None:
        """Take note of every answer from now on."""
        session.hooks["response"].append(self._note)

    def _note(self, response: requests.Response, *_arguments: Any, **_options: Any) -> None:
        self.answers += 1
        self.statuses.append(response.status_code)
        found = {name: value for name, value in response.headers.items() if name.lower().startswith(_LIMITS)}
        self.limits |= found
