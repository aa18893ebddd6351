"""Faults on demand and a request log for the simulators of Entra and Key Vault.

`POST GET DELETE /_simulator/faults` with `{match, times, fault}`, where fault is `status:NNN`,
`retry_after:S`, `latency:MS`, `drop_before` or `drop_after`; `GET DELETE /_simulator/requests`.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.simulators.azure_devops.faults import Fault, Faults, read
from local.simulators.azure_devops.requests_log import RequestsLog

_CONTROL = "/_simulator/"
_KINDS = ("status", "retry_after", "latency", "drop_before", "drop_after")


class Faulty:
    """An ASGI app around another. It must be the outermost, for it reaches for the server's connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._faults = Faults()
        self._log = RequestsLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer control requests, spoil those that a fault is meant for, pass on the others."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = unquote(scope["path"])
        if path in (f"{_CONTROL}faults", f"{_CONTROL}requests"):
            await (await self._control(path, Request(scope, receive)))(scope, receive, send)
        else:
            fault = None if path.startswith(_CONTROL) else self._faults.take(scope["method"], path)
            await self._answer(scope, receive, send, fault)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, fault: Fault | None) -> None:
        entry: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "at": datetime.now(UTC).isoformat(),
            "fault": fault.shown()["fault"] if fault else None,
            "status": None,
        }
        self._log.add(entry)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            await send(message)

        await self._spoiled(fault, scope, receive, noted, send)

    async def _spoiled(
        self, fault: Fault | None, scope: Scope, receive: Receive, noted: Send, connection: Send
    ) -> None:
        kind = fault.kind if fault else ""
        number = fault.number if fault else 0.0
        if kind == "latency":
            await asyncio.sleep(number / 1000)
        if kind in ("status", "retry_after"):
            await _refusal(kind, number)(scope, receive, noted)
        elif kind == "drop_before":
            _cut(connection)
        elif kind == "drop_after":
            await self._app(scope, receive, _swallow)
            _cut(connection)
        else:
            await self._app(scope, receive, noted)

    async def _control(self, path: str, request: Request) -> Response:
        asked_for = self._log if path.endswith("requests") else self._faults
        if request.method == "DELETE":
            asked_for.clear()
            return Response(status_code=204)
        if request.method == "POST" and path.endswith("faults"):
            return self._armed(await request.body())
        if path.endswith("requests"):
            return JSONResponse({"requests": self._log.all()})
        return JSONResponse({"faults": self._faults.waiting()})

    def _armed(self, body: bytes) -> Response:
        try:
            fault = read(json.loads(body))
        except (ValueError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 400)
        if fault.kind not in _KINDS:
            return JSONResponse({"error": f"fault is one of {', '.join(_KINDS)}"}, 400)
        self._faults.add(fault)
        return Response(status_code=204)


def _refusal(kind: str, number: float) -> Response:
    if kind == "retry_after":
        return JSONResponse({"error": {"code": "Throttled"}}, 429, {"Retry-After": str(int(number))})
    return JSONResponse({"error": {"code": "Fault", "message": "A fault on demand."}}, int(number))


async def _swallow(_: Message) -> None:
    """Take an answer that nobody will see."""


def _cut(send: Send) -> None:
    """Break the connection as a network would. uvicorn's `send` is bound to the object that holds it."""
    cycle: Any = getattr(send, "__self__", None)
    cycle.transport.abort()
