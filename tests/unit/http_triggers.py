"""The functions with a route, as Azure Functions gets them: the app tells them once."""

from functools import cache
from typing import Any

import function_app


@cache
def http_triggers() -> dict[str, dict[str, Any]]:
    """Return what the HTTP triggers say, by the names of their functions."""
    found = ((str(one.get_function_name()), one.get_trigger()) for one in function_app.app.get_functions())
    triggers = {name: trigger.get_dict_repr() for name, trigger in found if trigger}
    return {name: trigger for name, trigger in triggers.items() if trigger["type"] == "httpTrigger"}


def last_word(value: object) -> str:
    """Return the name of an enumeration's member, whatever it is shown as."""
    return str(value).rpartition(".")[2]
