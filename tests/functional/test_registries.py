"""The registry of a repository over HTTP: found, read, kept, followed and forgotten."""

from typing import Any

import pytest

from tests.functional.bridge import Bridge
from tests.functional.pushed_code import ask, component, git_calls, names, push, read


def test_first(bridge: Bridge) -> None:
    push(bridge, {"src/a.py": component("a.v1")})
    answer = ask(bridge)
    print(answer.status_code, answer.text, answer.headers)
    print(git_calls(bridge))
    assert names(read(bridge)) == ["a.v1"]
    print(git_calls(bridge))
    print([r for r in bridge.asked()][:3])
    assert 0
