"""How long the local host keeps an idle connection."""

from typing import Any

from local.host.serve import _Server


def test_as_long_as_azures_web_server() -> None:
    """Closed sooner, it meets the next request on its way, which then has no answer."""
    app: Any = None

    assert _Server(app).config.timeout_keep_alive == 130
