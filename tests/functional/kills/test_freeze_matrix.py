"""A process that stands still while others go on, and then goes on itself: the same end as one after the other."""

import sys

import pytest

from tests.functional.kills.extent import asked
from tests.functional.kills.freeze_matrix import FreezeMatrix
from tests.functional.kills.freezes import FREEZES
from tests.functional.kills.matrix import Matrix, table

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.xdist_group("kills")]


def test_a_freeze_before_any_call_changes_no_end(matrix: Matrix, capsys: pytest.CaptureFixture[str]) -> None:
    """`THOROUGH=1` freezes before every call; `FLOWS=work` runs those flows whose names begin so."""
    results = list(FreezeMatrix(matrix).run(*asked(FREEZES)))

    with capsys.disabled():
        lines = [(orders.flow, len(orders.calls), ends) for orders, ends in results]
        sys.stdout.write(f"\n{table('freezes', lines)}\n")
    wrong = [f"{end.flow}, {end.where}: {end.wrong}" for _, ends in results for end in ends if end.wrong]
    assert not wrong, "\n".join(wrong)
