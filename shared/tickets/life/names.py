"""Names of fields: Azure DevOps takes them in any case, and answers with its own. Pure.

What is desired has Azure DevOps' own names wherever a type's fields are known; rows of an earlier version have them as
an administrator typed them.
"""

from collections.abc import Mapping


def named[T](values: Mapping[str, T], name: str) -> T | None:
    """Return what stands under a field's name, whatever its case; None if nothing does."""
    if name in values:
        return values[name]
    folded = name.casefold()
    return next((value for other, value in values.items() if other.casefold() == folded), None)


def updated[T](values: Mapping[str, T], news: Mapping[str, T]) -> dict[str, T]:
    """Return the values of fields with others in their place, under the newer names."""
    folded = {name.casefold() for name in news}
    return {**{name: value for name, value in values.items() if name.casefold() not in folded}, **news}
