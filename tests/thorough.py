"""What `make test` leaves to `make thorough`, for it should end within a quarter of an hour on two processors."""

import os
from collections import defaultdict
from collections.abc import Sequence

import pytest

THOROUGH = os.environ.get("THOROUGH") == "1"


def examples(count: int) -> int:
    """Return how many of `count` generated examples are tried."""
    return count if THOROUGH else max(count // 5, 20)


def chosen(items: Sequence[pytest.Item]) -> Sequence[pytest.Item]:
    """Return the tests to run: not those that are marked, and of a functional test's cases the first and the last."""
    if THOROUGH:
        return items
    unmarked = [item for item in items if not item.get_closest_marker("thorough")]
    cases: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in unmarked:
        if item.nodeid.startswith("tests/functional/") and not item.get_closest_marker("every_case"):
            cases[item.nodeid.partition("[")[0]].append(item)
    left_out = {item for some in cases.values() for item in some[1:-1]}
    return [item for item in unmarked if item not in left_out]
