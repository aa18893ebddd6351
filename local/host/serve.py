"""Puts the host together, runs it, and stops it in order."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from local.host.accounts import Accounts
from local.host.admin import Admin, Run
from local.host.bindings import Function, HttpTrigger, QueueTrigger, TimerTrigger
from local.host.http import HttpApp
from local.host.invocations import Invoker
from local.host.lease import lease_seconds
from local.host.messages import TypedData
from local.host.options import Options
from local.host.outputs import QueueOutputs
from local.host.plan import Plan, make_plan
from local.host.queue_metadata import metadata_without_message
from local.host.queues import QueueListener
from local.host.refusal import StartRefusedError
from local.host.routes import build_routes
from local.host.runtime import Runtime
from local.host.timers import Timer

ADDRESS = "127.0.0.1"
GRACE = 10
"""Seconds for what is in flight when the host is told to stop."""
# As Kestrel, the web server of Azure's host, keeps idle connections: a client that sends its next request in the moment
# in which they are closed gets no answer. https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/options
_KEEP_ALIVE = 130

_log = logging.getLogger("host")


async def run(options: Options) -> bool:
    """Serve the app until SIGTERM or SIGINT. Return whether everything in flight ended in time.

    Raises `StartRefusedError` with all problems when the app cannot be served.
    """
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    runtime = Runtime()
    plan = await make_plan(options, runtime)
    with _listening_socket(options.port) as listening:
        host = _Host(options, plan, runtime)
        return await host.serve(listening, stop)


def _listening_socket(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((ADDRESS, port))
    except OSError as error:
        listening.close()
        raise StartRefusedError([f"port {port} cannot be used ({error.strerror}): choose another"]) from error
    return listening


class _Host:
    """The listeners of one app, around one runtime."""

    def __init__(self, options: Options, plan: Plan, runtime: Runtime) -> None:
        self._options = options
        self._plan = plan
        self._accounts = Accounts(os.environ)
        outputs = QueueOutputs(self._accounts, base64=plan.host_json.queues.base64)
        self._invoker = Invoker(runtime, outputs)
        self._listeners: list[QueueListener | Timer] = []
        self._runs: dict[str, Run] = {}
        for function in plan.functions:
            self._add(function)

    async def serve(self, listening: socket.socket, stop: asyncio.Event) -> bool:
        """Serve until `stop` is set, then finish what is in flight; tell whether all of it ended."""
        admin = Admin(self._runs)
        server = _Server(self._http(admin))
        port = listening.getsockname()[1]
        work = [asyncio.create_task(listener.run(stop)) for listener in self._listeners]
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(server.accepting.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        print(f"listening on http://{ADDRESS}:{port}", flush=True)
        await asyncio.wait([stopping, serving, *work], return_when=asyncio.FIRST_COMPLETED)
        _raise_failures([serving, *work])
        server.should_exit = True
        _, unfinished = await asyncio.wait([*work, serving, asyncio.create_task(admin.finish())], timeout=GRACE)
        if unfinished:
            _log.warning("stopped with work in flight; its messages come back when their leases are over")
        return not unfinished

    def _add(self, function: Function) -> None:
        match function.trigger:
            case QueueTrigger() as trigger:
                self._listeners.append(self._queue_listener(function, trigger))
                self._runs[function.name.lower()] = self._run_queue_function(function)
            case TimerTrigger() as trigger:
                timer = Timer(function, trigger, self._invoker, state=self._options.state)
                self._listeners.append(timer)
                self._runs[function.name.lower()] = lambda _input: timer.run_now()
            case HttpTrigger():
                pass

    def _queue_listener(self, function: Function, trigger: QueueTrigger) -> QueueListener:
        return QueueListener(
            function,
            trigger,
            accounts=self._accounts,
            invoker=self._invoker,
            options=self._plan.host_json.queues,
            lease_seconds=lease_seconds(self._plan.time_scale),
        )

    def _run_queue_function(self, function: Function) -> Run:
        async def run_with(text: str) -> None:
            await self._invoker.invoke(function, TypedData(string=text), metadata_without_message(text))

        return run_with

    def _http(self, admin: Admin) -> HttpApp:
        routes = build_routes(self._plan.functions, self._plan.host_json.route_prefix)
        return HttpApp(routes, self._invoker, admin, keys=self._plan.keys, body_limit=self._plan.body_limit)


def _raise_failures(work: Sequence[asyncio.Task[None]]) -> None:
    """A listener ends only when it is told to; one that broke must not be missed in silence."""
    for task in work:
        if task.done():
            task.result()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process by the signal once more."""

    def __init__(self, app: HttpApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
                timeout_keep_alive=_KEEP_ALIVE,
            )
        )
        self.accepting = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `run`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell that requests are accepted."""
        await super().startup(sockets=sockets)
        self.accepting.set()
