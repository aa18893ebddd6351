"""One look-up that finds nothing proves nothing."""

import pytest

from tests.functional.bridge import eventually
from tests.functional.kills.flows import late
from tests.functional.kills.matrix import Matrix

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]


def test_a_create_that_is_carried_out_between_two_look_ups_is_adopted(matrix: Matrix) -> None:
    place = matrix.place()
    invocation = late(place)
    assert place.work_items() == []  # not created again either
    eventually(place.work_items, what="the late work item")

    place.let_time_pass()
    place.run(invocation)

    (item,) = place.work_items()
    (ticket,) = (row for key, row in place.rows("tickets").items() if key.startswith("t|"))
    assert f'"id": {item["id"]}' in ticket["work_item"]
