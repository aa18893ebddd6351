"""The log of one machine says of a line what Application Insights keeps of it."""

import logging
from collections.abc import Iterator

import pytest

from local.host import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_what_a_line_was_given_stands_behind_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(logging.INFO, {})

    logging.getLogger("shared").info("work: %s", "done", extra={"connection": "contoso", "lane": 3})
    logging.getLogger("shared").info("plain")

    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("INFO shared: work: done connection='contoso' lane=3")
    assert second.endswith("INFO shared: plain")
