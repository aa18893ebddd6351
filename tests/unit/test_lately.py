"""What was read of a connection is good for some seconds; that there is none, for none."""

from types import SimpleNamespace
from typing import Any

from shared.connections.lately import Lately


def test_it_is_read_again_after_a_while_and_at_once_where_there_was_none() -> None:
    now, there = [0.0], dict[str, Any]()
    asked: list[str] = []

    def find(name: str) -> Any:
        asked.append(name)
        return there.get(name)

    store: Any = SimpleNamespace(find=find)
    lately: Any = Lately(store, 5.0, clock=lambda: now[0])

    assert lately.find("c") is None
    there["c"] = "as it was"
    assert [lately.find("c"), lately.find("c")] == ["as it was"] * 2
    assert len(asked) == 2
    there["c"] = "as it is"
    now[0] = 4.9
    assert lately.find("c") == "as it was"
    now[0] = 5.0
    assert lately.find("c") == "as it is"
    del there["c"]
    now[0] = 10.0
    assert lately.find("c") is None
    there["c"] = "another one"
    assert lately.find("c") == "another one"
