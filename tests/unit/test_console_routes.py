"""The console's functions: who may call them, and that no two answer the same request."""

from itertools import permutations
from typing import Any

from local.host.templates import parse
from tests.unit.http_triggers import http_triggers, last_word

CONSOLE = [trigger for trigger in http_triggers().values() if trigger["route"].startswith("console")]


def method(trigger: dict[str, Any]) -> str:
    (only,) = trigger["methods"]
    return last_word(only)


def test_only_opening_a_session_takes_a_key() -> None:
    """The console judges its visitors itself; the key is judged by the host, which is the only one that knows it."""
    by_key = [trigger["route"] for trigger in CONSOLE if last_word(trigger["authLevel"]) == "FUNCTION"]

    assert by_key == ["console/session"]


def test_no_two_routes_answer_the_same_request() -> None:
    """Azure Functions tries routes in the order of the functions' names: the more specific one need not win."""
    for one, two in permutations(CONSOLE, 2):
        example = one["route"].replace("{", "").replace("}", "")
        assert method(one) != method(two) or parse(two["route"]).match(example) is None, (one["route"], two["route"])
