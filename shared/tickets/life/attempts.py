"""Names of attempts: the mark in a work item's hyperlink that says which create of ours made it, or which link.

It tells, too, how many work items the ticket had before: a vulnerability that returns may get a new one.
"""

import secrets

_BYTES = 8
_GENERATION = 2  # hexadecimal digits
_MOST = 16**_GENERATION - 1
_LINK_BYTES = 9
_LINK = _GENERATION + 2 * _LINK_BYTES


def new_nonce(generation: int) -> str:
    """Return a fresh name, 16 or 18 hexadecimal digits, for an attempt to make a ticket's work item."""
    return (f"{min(generation, _MOST):02x}" if generation else "") + secrets.token_hex(_BYTES)


def link_nonce(generation: int) -> str:
    """Return a fresh name, 20 hexadecimal digits, for an attempt to give a ticket a work item that is there already."""
    return f"{min(generation, _MOST):02x}{secrets.token_hex(_LINK_BYTES)}"


def is_link(nonce: str) -> bool:
    """Whether the work item was there before its ticket: what it says is not ours."""
    return len(nonce) == _LINK


def generation_of(nonce: str) -> int:
    """Return how many work items the ticket had before the one of an attempt."""
    return int(nonce[:_GENERATION], 16) if len(nonce) in (2 * _BYTES + _GENERATION, _LINK) else 0
