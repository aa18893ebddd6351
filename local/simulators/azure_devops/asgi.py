"""The network's side: reads requests, plays the faults, keeps the log, sends answers or cuts the connection."""

import asyncio
import contextlib
import time
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from local.simulators.azure_devops import control, dates, errors, identity, service
from local.simulators.azure_devops.faults import Fault
from local.simulators.azure_devops.web import Answer, Call
from local.simulators.azure_devops.world import World

_CUTS = {"drop_before", "drop_after", "late", "held"}


class Simulator:
    """The ASGI application of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = _call(scope, await _body(receive))
        if call.path.startswith(control.PREFIX):
            await _send(await run_in_threadpool(control.handle, self._world, call), send)
            self._world.wake()
            return
        fault = self._world.faults.take(call.method, call.path, call.body)
        started = time.monotonic()
        answer, who = await self._answered(call, fault)
        self._log(call, fault, answer, who, started)
        if answer is None or (fault is not None and fault.kind in _CUTS):
            await _cut(receive)
        else:
            await _send(answer, send)

    async def _answered(self, call: Call, fault: Fault | None) -> tuple[Answer | None, str | None]:
        await asyncio.sleep(self._world.settings.latency(service.entries_of(call)))
        if fault is None or fault.kind == "drop_after":
            return await self._worked(call)
        if fault.kind == "latency":
            await asyncio.sleep(fault.number / 1000)
            return await self._worked(call)
        if fault.kind in ("late", "held"):
            task = asyncio.create_task(self._work_later(call, fault))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        return _instead(fault, call), None

    async def _work_later(self, call: Call, fault: Fault) -> None:
        if fault.kind == "held":
            await asyncio.wrap_future(self._world.faults.hold())
        await asyncio.sleep(fault.number)
        await self._worked(call)

    async def _worked(self, call: Call) -> tuple[Answer, str | None]:
        done = await run_in_threadpool(service.handle, self._world, call)
        if call.method != "GET":
            self._world.wake()
        return done

    def _log(self, call: Call, fault: Fault | None, answer: Answer | None, who: str | None, started: float) -> None:
        cut = answer is None or (fault is not None and fault.kind in _CUTS)
        self._world.requests.add(
            {
                "method": call.method,
                "path": call.path,
                "query": dict(call.query),
                "status": None if cut or answer is None else answer.status,
                "at": dates.now(),
                "seconds": round(time.monotonic() - started, 4),
                "identity": who,
                "session": call.headers.get("x-tfs-session"),
                "fault": fault.asked["fault"] if fault else None,
                "entries": service.entries_of(call),
            }
        )


def _instead(fault: Fault, call: Call) -> Answer | None:
    if fault.kind == "sign_in_page":
        page = identity.sign_in_page(call.base)
        return Answer(page, status=203, media_type="text/html; charset=utf-8")
    if fault.kind == "retry_after":
        message = "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource."
        body = errors.ServiceError(429, message, "RequestBlockedException").body()
        return Answer(body, status=429, headers={"Retry-After": f"{fault.number:g}"})
    if fault.kind == "status":
        status = int(fault.number)
        body = errors.ServiceError(status, "TF400898: An Internal Error Occurred.", "VssServiceException").body()
        return Answer(body, status=status)
    return None


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _call(scope: Scope, body: bytes) -> Call:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    base = f"{scope['scheme']}://{headers.get('host', 'localhost')}"
    lowered = {name.lower(): value for name, value in query}
    return Call(scope["method"], scope["path"], lowered, headers, body, base)


async def _send(answer: Answer, send: Send) -> None:
    content = answer.content()
    headers = {**answer.headers, "content-length": str(len(content))}
    if content:
        headers["content-type"] = answer.media_type
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": content})


async def _cut(receive: Receive) -> None:
    """Close the connection without an answer.

    ASGI has no word for it. Under uvicorn the `receive` of a request is a method of the object that owns the
    transport, and middleware hands it through as it is.
    """
    owner = getattr(receive, "__self__", None)
    transport: asyncio.Transport | None = getattr(owner, "transport", None)
    if transport is None:
        raise RuntimeError("faults that cut the connection need uvicorn")
    transport.abort()
    with contextlib.suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
