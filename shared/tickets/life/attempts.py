"""Names of attempts: the mark in a work item's hyperlink that says which create of ours made it, or which link.

It tells, too, how many work items the ticket had before: a vulnerability that returns may get a new one. A name's
length says how that number is written: not at all (the first work item), in two hexadecimal digits, or in eight.
"""

import secrets

_RANDOM = 16
_RANDOM_OF_LINK = 18
_SHORT, _LONG = 2, 8
"""Hexadecimal digits of a generation."""
_DIGITS = {random + digits: digits for random in (_RANDOM, _RANDOM_OF_LINK) for digits in (_SHORT, _LONG)}
_LINKS = (_RANDOM_OF_LINK + _SHORT, _RANDOM_OF_LINK + _LONG)


def new_nonce(generation: int) -> str:
    """Return a fresh name, 16, 18 or 24 hexadecimal digits, for an attempt to make a ticket's work item."""
    return (_written(generation) if generation else "") + secrets.token_hex(_RANDOM // 2)


def link_nonce(generation: int) -> str:
    """Return a fresh name, 20 or 26 hexadecimal digits, for an attempt to give a ticket a work item that is there
    already."""
    return _written(generation) + secrets.token_hex(_RANDOM_OF_LINK // 2)


def is_link(nonce: str) -> bool:
    """Whether the work item was there before its ticket: what it says is not ours."""
    return len(nonce) in _LINKS


def generation_of(nonce: str) -> int:
    """Return how many work items the ticket had before the one of an attempt."""
    digits = _DIGITS.get(len(nonce), 0)
    return int(nonce[:digits], 16) if digits else 0


def _written(generation: int) -> str:
    digits = _SHORT if generation < 16**_SHORT else _LONG
    return f"{generation:0{digits}x}"
