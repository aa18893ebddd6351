"""A kill between every two calls of everything that we do: the same end as without it."""

import sys

import pytest

from tests.functional.kills.extent import asked
from tests.functional.kills.flows import FLOWS
from tests.functional.kills.matrix import Matrix, table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.xdist_group("kills")]


def test_a_kill_between_any_two_calls_changes_no_end(matrix: Matrix, capsys: pytest.CaptureFixture[str]) -> None:
    """`THOROUGH=1` kills everywhere; `FLOWS=work` runs those flows whose names begin so."""
    results = list(matrix.run(*asked(FLOWS)))

    with capsys.disabled():
        lines = [(recorded.flow, len(recorded.calls.names), ends) for recorded, ends in results]
        sys.stdout.write(f"\n{table('kills', lines)}\n")
    wrong = [f"{end.flow}, {end.where}: {end.wrong}" for _, ends in results for end in ends if end.wrong]
    assert not wrong, "\n".join(wrong)
