"""The function app: registers the triggers of its role and does nothing else.

`APP_ROLE` is the one setting that is read here, because the host asks for an app's functions once, at its start. A bad
value registers all of them, and each answers that it is bad: an app without functions says nothing.
"""

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import azure.functions as func

from shared.settings import CORE, EDGE, ROLE


def _blueprints(role: str) -> Iterable[func.Blueprint]:
    if role == EDGE:
        from shared.triggers import edge  # noqa: PLC0415  must not import what the core needs

        return edge.blueprints
    from shared.triggers import core, http_hooks  # noqa: PLC0415  nor the core be imported by the edge

    return core.blueprints if role == CORE else (*core.blueprints, http_hooks.blueprint)


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """Looking for garbage in what is imported takes an eighth of a cold start and finds none, then or later.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

with _nothing_is_garbage():
    for blueprint in _blueprints(os.environ.get(ROLE, "").strip()):
        app.register_functions(blueprint)
