"""What a value in an answer must be. Pure.

Whatever is not of its documented form makes the call that reads it fail: a None in the place of a name, or an empty
object in the place of a list, would otherwise travel on and be taken for an answer.
"""

from typing import Any


def text(value: Any) -> str:
    """Return a text, which may be empty. Raises `TypeError`."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def name(value: Any) -> str:
    """Return what names something: a text that is not empty. Raises `TypeError`, `ValueError`."""
    if not text(value):
        raise ValueError("an empty name")
    return text(value)


def optional_text(value: Any) -> str:
    """Return a text, empty where there is none. Raises `TypeError`."""
    return "" if value is None else text(value)


def number(value: Any) -> int:
    """Return a whole number; the service sends some of them as texts. Raises `TypeError`."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value


def flag(value: Any) -> bool:
    """Return a truth value; what is absent is not so. Raises `TypeError`."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def entries(value: Any) -> list[Any]:
    """Return the entries of a list. Raises `TypeError`."""
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def record(value: Any) -> dict[str, Any]:
    """Return an object, empty where there is none. Raises `TypeError`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
