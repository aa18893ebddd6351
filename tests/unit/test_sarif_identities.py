"""A result keeps its name from scan to scan, and no two results share one."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tickets.vulnerabilities.snapshots import MAX_NAME
from tests.unit.sarif_reports import one, report, result, vulnerabilities

lines = st.integers(min_value=1, max_value=500)
found = st.builds(
    result,
    rule=st.sampled_from(["R1", "R2"]),
    path=st.sampled_from(["src/a.py", "src/b.py"]),
    line=lines,
    code=st.sampled_from(["assert x", "  assert   x\n", "md5(y)", ""]),
)


def shifted(item: dict[str, Any], by: int) -> dict[str, Any]:
    place = item["locations"][0]["physicalLocation"]
    region = {**place["region"], "startLine": place["region"]["startLine"] + by}
    return {**item, "locations": [{"physicalLocation": {**place, "region": region}}]}


@given(st.lists(found, max_size=12), st.integers(min_value=1, max_value=10_000))
def test_names_are_unique_and_stay_while_lines_move(items: list[dict[str, Any]], by: int) -> None:
    before = [item.id for item in vulnerabilities(report(*items))]
    after = [item.id for item in vulnerabilities(report(*[shifted(item, by) for item in items]))]

    assert before == after
    assert len(set(before)) == len(before)


def test_a_name_can_be_read() -> None:
    assert re.fullmatch(r"lint:R1:src/a\.py:[0-9a-f]{16}", one(result()).id)


def test_equal_code_is_told_apart_by_its_order() -> None:
    first, second = vulnerabilities(report(result(line=3), result(line=9, code=" x  =  1 ")))

    assert second.id == f"{first.id}-2"


def test_a_message_with_line_numbers_is_no_part_of_the_name() -> None:
    texts = ("Copied from line 3", "Copied from line 4")
    names = [one(result(code="", message={"text": text})).id for text in texts]

    assert names[0] == names[1]


def test_a_message_tells_results_without_code_apart() -> None:
    items = [result(code="", message={"text": text}) for text in ("No lock on pool", "No lock on cache")]

    assert [item.id for item in vulnerabilities(report(*items))] == [
        item.id for name in items for item in vulnerabilities(report(name))
    ]


@pytest.mark.parametrize(
    "prints",
    [
        {"partialFingerprints": {"primaryLocationLineHash": "39fa2ee980eb94b0:1"}},
        {"fingerprints": {"matchBasedId/v1": "ab12_0"}},
        {"partialFingerprints": {"other/v1": "ab12"}},
    ],
)
def test_a_fingerprint_counts_before_the_code(prints: dict[str, Any]) -> None:
    assert one(result(code="a", **prints)).id == one(result(code="b", line=7, **prints)).id
    assert one(result(**prints)).id != one(result()).id


def test_the_line_hash_counts_before_every_other_fingerprint() -> None:
    line_hash = {"primaryLocationLineHash": "39fa:1"}
    more = {**line_hash, "aaa": "1", "primaryLocationStartColumnFingerprint": "4"}

    assert (
        one(result(partialFingerprints=line_hash)).id
        == one(result(partialFingerprints=more, fingerprints={"a": "b"})).id
    )


@pytest.mark.parametrize(
    "prints",
    [
        {"fingerprints": {"matchBasedId/v1": "requires login"}},
        {"fingerprints": {"matchBasedId/v1": 5, "x": ""}},
        {"partialFingerprints": {"primaryLocationStartColumnFingerprint": "4"}},
    ],
)
def test_what_is_no_fingerprint_is_not_taken_for_one(prints: dict[str, Any]) -> None:
    assert one(result(**prints)).id == one(result()).id


def test_equal_fingerprints_are_told_apart() -> None:
    item = result(partialFingerprints={"primaryLocationLineHash": "39fa:1"})
    first, second = vulnerabilities(report(item, item))

    assert second.id == f"{first.id}-2"


def test_path_rule_tool_and_component_are_part_of_the_name() -> None:
    other_component = result()
    other_component["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": "a.F"}]
    names = {
        one(result()).id,
        one(result(path="src/b.py")).id,
        one(result(rule="R2")).id,
        one(result(), tool="Other").id,
        one(other_component).id,
    }

    assert len(names) == 5


def test_a_long_name_is_bounded_and_still_unique() -> None:
    long = "d/" * 5_000
    first, second = vulnerabilities(report(result(path=f"1/{long}a.py"), result(path=f"2/{long}a.py")))

    assert len(first.id) <= MAX_NAME
    assert len(second.id) <= MAX_NAME
    assert first.id != second.id


def test_a_name_has_no_control_characters() -> None:
    assert one(result(rule="R\x00\n1", path="a\tb.py")).id.isprintable()
