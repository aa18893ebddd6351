"""One request as plain data, so that a simulator's answers are ordinary functions.

`endpoint(answer)` makes a Starlette endpoint of `answer(asked) -> Response`: the body is read on the event
loop, the answer is made in a thread.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked: `base` is the address it used, `path` and `query` belong to it."""

    method: str
    base: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def bearer(self) -> str:
        """The bearer token of the request, or an empty string."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    def json(self) -> dict[str, Any]:
        """Return the body's JSON object. Raises `ValueError` for anything else."""
        found = json.loads(self.body or b"{}")
        if not isinstance(found, dict):
            raise ValueError("The body must be a JSON object.")  # noqa: TRY004  as for text that is not JSON
        return found

    def form(self) -> dict[str, str]:
        """Return the fields of an `application/x-www-form-urlencoded` body."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


def endpoint(answer: Callable[[Asked], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Return the Starlette endpoint that answers with `answer`."""

    async def respond(request: Request) -> Response:
        asked = Asked(
            method=request.method,
            base=str(request.base_url).rstrip("/"),
            path=request.url.path,
            params=request.path_params,
            query=request.query_params,
            headers=request.headers,
            body=await request.body(),
        )
        return await run_in_threadpool(answer, asked)

    return respond
