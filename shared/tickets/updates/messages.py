"""Update messages as the text that is sent and stored. Pure.

A message is in a row of the history, too, whose properties are counted in UTF-16; a queue counts UTF-8. Its ticket,
which it has twice, is bounded where it is made; what a person said takes what room is left.
"""

import json
from collections.abc import Mapping
from typing import Any

from shared.storage.queues import MAX_MESSAGE_BYTES
from shared.storage.sizes import MAX_PROPERTY_BYTES
from shared.tickets.life.views import CommentView

_ROW_BYTES = MAX_PROPERTY_BYTES - 4
"""Less what a row's property needs for its length."""


def as_sent(message: Mapping[str, Any]) -> str:
    """Return a message as JSON. A comment that is too long for it first loses its HTML, then the end of its text."""
    text = _json(message)
    comment: CommentView | None = message.get("comment")
    if comment is None or _fits(text):
        return text
    plain: CommentView = {**comment, "html": None}
    text = _json({**message, "comment": plain})
    return text if _fits(text) else _json({**message, "comment": _cut(message, plain)})


def _cut(message: Mapping[str, Any], comment: CommentView) -> CommentView:
    """Return a comment with as much of its text as fits; what is cut leaves an "…"."""
    words, fitting, too_long = comment["text"], 0, len(comment["text"])
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if _fits(_json({**message, "comment": {**comment, "text": f"{words[:middle]}…"}})):
            fitting = middle
        else:
            too_long = middle
    return {**comment, "text": f"{words[:fitting]}…"}


def _fits(text: str) -> bool:
    return _size(text, "utf-8") <= MAX_MESSAGE_BYTES and _size(text, "utf-16-le") <= _ROW_BYTES


def _size(text: str, encoding: str) -> int:
    return len(text.encode(encoding, "surrogatepass"))


def _json(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)
