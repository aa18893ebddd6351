"""What is wrong with subscriptions, also where the service says less than it should."""

from dataclasses import replace

import pytest

from shared.azure_devops.subscriptions import Subscription
from shared.links.hook_diagnosis import Finding, Wanted, diagnose, is_ours

URL = "https://bridge.example/api/hooks/contoso"
WANTED = Wanted(f"{URL}?epoch=2-bbb", frozenset({"2-bbb", "1-aaa"}), "Phoenix_Security")
SOUND = Subscription("s1", "workitem.updated", "p", "Phoenix_Security", WANTED.url, "enabled", "2026-01-01T00:00:00Z")


def findings(*found: Subscription, wanted: Wanted = WANTED) -> list[str]:
    return [str(finding) for finding in diagnose("p", "workitem.updated", found, wanted).findings]


def test_a_sound_one_is_kept() -> None:
    case = diagnose("p", "workitem.updated", [SOUND], WANTED)

    assert (case.keep, case.remove, case.findings, case.lacks_one) == (SOUND, (), (), False)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "disabledBySystem"}, "disabled_by_system"),
        ({"status": "disabledByInactiveIdentity"}, "disabled_by_inactive_identity"),
        ({"status": "disabledByWhoeverComesNext"}, "disabled_by_system"),
        ({"status": "onProbation"}, "on_probation"),
        ({"status": "ONPROBATION", "tag": "x"}, "on_probation"),
        ({"url": "https://old.example/api/hooks/contoso?epoch=2-bbb"}, "elsewhere"),
        ({"url": "http://bridge.example/api/hooks/contoso?epoch=2-bbb"}, "elsewhere"),
        ({"url": f"{URL}?epoch=1-aaa"}, "old_password"),
        ({"url": URL}, "old_password"),
        ({"tag": "other"}, "wrong_filter"),
        ({"tag": ""}, "wrong_filter"),
        ({"filters": {"areaPath": "Web Shop\\Team"}}, "wrong_filter"),
        ({"details": "minimal"}, "wrong_filter"),
        ({"version": "5.1-preview.3"}, "wrong_version"),
    ],
)
def test_what_is_wrong_is_replaced(changes: dict[str, str], expected: str) -> None:
    case = diagnose("p", "workitem.updated", [replace(SOUND, **changes)], WANTED)  # type: ignore[arg-type]

    assert [str(finding) for finding in case.findings] == [expected]
    assert case.lacks_one
    assert len(case.remove) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"tag": "phoenix_security"},
        {"url": "HTTPS://Bridge.example/api/hooks/contoso/?epoch=2-bbb"},
        {"status": "Enabled"},
        {"status": "somethingNew"},
    ],
)
def test_what_only_looks_different_is_left_alone(changes: dict[str, str]) -> None:
    assert findings(replace(SOUND, **changes)) == []  # type: ignore[arg-type]


def test_where_no_tags_are_shown_a_listing_makes_no_second_one() -> None:
    blind = replace(WANTED, sees_tags=False)

    assert findings(replace(SOUND, tag=""), wanted=blind) == []
    assert findings(replace(SOUND, tag="other"), wanted=blind) == ["wrong_filter"]


def test_none_is_missing() -> None:
    assert findings() == ["missing"]


def test_of_several_sound_ones_the_oldest_stays_whatever_the_order() -> None:
    second, third = (replace(SOUND, id=name, created_at="2026-01-02T00:00:00Z") for name in ("a", "b"))

    for order in ([SOUND, second, third], [third, second, SOUND]):
        case = diagnose("p", "workitem.updated", order, WANTED)
        assert case.keep == SOUND
        assert case.remove == (second, third)
        assert not case.loses


def test_beside_a_sound_one_a_broken_one_is_a_duplicate() -> None:
    broken = replace(SOUND, id="s0", status="disabledBySystem", created_at="2025")

    case = diagnose("p", "workitem.updated", [broken, SOUND], WANTED)

    assert (case.keep, case.remove, case.findings) == (SOUND, (broken,), (Finding.DUPLICATE,))


def test_what_a_person_switched_off_is_touched_by_nobody() -> None:
    off = replace(SOUND, id="s0", status="disabledByUser")
    broken = replace(SOUND, status="onProbation")

    alone = diagnose("p", "workitem.updated", [off, broken], WANTED)
    beside = diagnose("p", "workitem.updated", [off, SOUND], WANTED)

    assert (alone.keep, alone.remove, alone.lacks_one, alone.is_off) == (None, (), False, True)
    assert (beside.keep, beside.remove, beside.findings) == (SOUND, (), ())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, True),
        (f"{URL}?epoch=9-xyz", True),
        ("https://old.example/x/hooks/contoso?epoch=1-aaa", True),
        ("https://old.example/api/hooks/contoso", False),
        ("https://old.example/api/hooks/contoso?epoch=9-xyz", False),
        ("https://bridge.example/staging/api/hooks/contoso?epoch=9-xyz", False),
        ("https://bridge.example/api/hooks/contoso2", False),
        ("", False),
        ("https://[half", False),
    ],
)
def test_whose_it_is(url: str, expected: bool) -> None:
    assert is_ours(replace(SOUND, url=url), WANTED) is expected


PUSH = replace(SOUND, event="git.push", tag="", repository="r", version="1.0-preview.1")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"version": "1.0"}, []),
        ({"version": "3.0-preview.1"}, ["wrong_version"]),
        ({"filters": {"branch": "main"}}, ["wrong_filter"]),
        ({"status": "onProbation"}, ["on_probation"]),
    ],
)
def test_of_pushes_there_is_no_tag_and_an_older_version(changes: dict[str, str], expected: list[str]) -> None:
    case = diagnose("p", "git.push", [replace(PUSH, **changes)], WANTED, repository="r")  # type: ignore[arg-type]

    assert [str(finding) for finding in case.findings] == expected
    assert case.repository == "r"
