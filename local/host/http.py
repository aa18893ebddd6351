"""The ASGI app: routes, keys, limits, and the functions behind them."""

from collections.abc import Sequence

from local.host.admin import Admin
from local.host.http_messages import (
    Answer,
    BodyTooLargeError,
    ClientGoneError,
    Receive,
    Request,
    Scope,
    Send,
    answer,
    read_body,
)
from local.host.invocations import Invoker
from local.host.keys import Keys
from local.host.routes import Route, find


class HttpApp:
    """Answers as the Functions host does: an empty body for 401, 404, 413 and 500."""

    def __init__(
        self, routes: Sequence[Route], invoker: Invoker, admin: Admin, *, keys: Keys | None, body_limit: int
    ) -> None:
        self._routes = routes
        self._invoker = invoker
        self._admin = admin
        self._keys = keys
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI wants it."""
        try:
            reply = await self._answer(Request.read(scope), receive)
        except BodyTooLargeError:
            reply = Answer(413)
        except ClientGoneError:
            return
        await reply.send(send)

    async def _answer(self, request: Request, receive: Receive) -> Answer:
        if request.raw_path.lower().split("/")[1:2] == ["admin"]:
            if self._keys and not self._keys.opens_host(request.key):
                return Answer(401)
            return await self._admin.answer(request, receive)
        found = find(self._routes, request.method, request.raw_path)
        if found is None:
            return Answer(404)
        route, parameters = found
        if not self._allowed(route, request.key):
            return Answer(401)
        body = await read_body(request, receive, self._body_limit)
        # A client that leaves now does not stop the function: nothing here waits for it.
        outcome = await self._invoker.invoke(route.function, request.typed_data(parameters, body))
        return Answer(500) if outcome.error else answer(outcome.returned)

    def _allowed(self, route: Route, key: str) -> bool:
        if self._keys is None or route.trigger.auth_level == "ANONYMOUS":
            return True
        if route.trigger.auth_level == "ADMIN":
            return self._keys.opens_host(key)
        return self._keys.opens_function(route.function.name, key)
