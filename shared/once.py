"""Computes a property once, also when several threads ask for it first."""

from functools import cached_property
from threading import RLock

_BUILDING = RLock()


class once[T](cached_property[T]):  # noqa: N801  used as a decorator, like what it extends
    """A property that is computed once per object even when two threads ask at the same time."""

    def __get__(self, instance: object, owner: type | None = None) -> T:  # type: ignore[override]
        """Return the value, computing it under a lock the first time."""
        with _BUILDING:
            return super().__get__(instance, owner)
