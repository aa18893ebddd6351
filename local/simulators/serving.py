"""Serves ASGI apps on 127.0.0.1, each on an event loop of its own, so that none waits for another."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn

_STARTED_WITHIN = 10.0


class Serving:
    """One app that answers from `start()` to `stop()`."""

    def __init__(self, app: Any, port: int, *, certificate: Path | None = None) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=port,
                ssl_certfile=certificate,
                lifespan="auto",
                log_level="warning",
                access_log=False,
                # Longer than any client keeps an idle connection, so that none is closed under a request.
                timeout_keep_alive=300,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=f"serve-{port}", daemon=True)
        self._port = port

    def start(self) -> None:
        """Return when the app answers. Raises `RuntimeError` if it does not start."""
        self._thread.start()
        deadline = time.monotonic() + _STARTED_WITHIN
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"The simulator on port {self._port} did not start.")
            time.sleep(0.01)

    async def _serve(self) -> None:
        await self._server.serve()
        # A client that never answers the end of TLS would leave its socket behind.
        while connections := list(self._server.server_state.connections):
            for connection in connections:
                connection.transport.abort()
            await asyncio.sleep(0.01)

    @property
    def alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Answer nothing new; what is being answered is finished."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Finish what is being answered, then close the port."""
        self.end()
        self._thread.join(timeout=5)
