"""The host's own requests, under `/admin`, for who holds the host key.

https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping

from local.host.http_messages import Answer, Receive, Request, read_body

type Run = Callable[[str], Awaitable[None]]

_JSON = (("content-type", "application/json; charset=utf-8"),)
_MOST_INPUT = 1024 * 1024


class Admin:
    """`runs` says by lower-case name what to do with the input of a run by hand."""

    def __init__(self, runs: Mapping[str, Run]) -> None:
        self._runs = runs
        self._under_way: set[asyncio.Future[None]] = set()

    async def answer(self, request: Request, receive: Receive) -> Answer:
        """Answer a request that is allowed."""
        match (request.method, request.raw_path.strip("/").lower().split("/")):
            case ("GET", ["admin", "host", "status"]):
                return Answer(200, b'{"state":"Running"}', _JSON)
            case ("POST", ["admin", "functions", name]) if name in self._runs:
                return self._start(self._runs[name], await read_body(request, receive, _MOST_INPUT))
            case _:
                return Answer(404)

    async def finish(self) -> None:
        """Wait for the runs that were started here."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _start(self, run: Run, body: bytes) -> Answer:
        try:
            given = json.loads(body or b"{}").get("input", "")
        except (ValueError, AttributeError):
            return _refusal('the body must be {"input": "…"}')
        if not isinstance(given, str):
            return _refusal("input must be a text")
        task = asyncio.ensure_future(run(given))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return Answer(202)


def _refusal(reason: str) -> Answer:
    return Answer(400, json.dumps({"message": reason}).encode(), _JSON)
