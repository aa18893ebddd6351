"""Rights that go missing are told once, and how a connection is doing is one view of all that was found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.connections.check import Step
from shared.storage.tables import Row
from shared.tickets.rows import keys
from shared.tickets.upkeep.hook_records import HookRecords, Record
from shared.tickets.upkeep.rights import Rights
from shared.tickets.upkeep.standing import Standing
from tests.unit.small_tables import SmallTable

NOW = datetime(2026, 11, 27, tzinfo=UTC)
HAS, LACKS = (Step("code", ok=ok, message="It may, or not.", hint="Grant it.") for ok in (True, False))
SILENT = Step("code", ok=False, message="Azure DevOps does not answer.", passing=True)


@dataclass
class Connected:
    """A connection, its rows, and who hears of it. `steps` are what a check of it finds."""

    steps: list[Step] = field(default_factory=list)
    table: Any = field(default_factory=lambda: SmallTable(at=NOW))
    told: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def rights(self) -> Rights:
        check: Any = lambda _: {"steps": self.steps}  # noqa: E731
        alerts: Any = self
        return Rights(self.table, check, alerts)

    def send(self, kind: str, subject: str, message: str, **_: str) -> None:
        self.told.append((kind, subject, message))

    def night(self, *steps: Step) -> int:
        """Return how many were told of."""
        self.steps, before = list(steps), len(self.told)
        self.rights.watch("contoso")
        return len(self.told) - before

    def view(self) -> Any:
        return Standing(self.table).view("contoso")

    def missing(self) -> list[str]:
        return [right["name"] for right in self.view()["missing_rights"]]


class TestRights:
    def test_one_that_goes_is_told_once_and_again_when_it_went_again(self) -> None:
        contoso = Connected()

        told = [contoso.night(step) for step in (HAS, LACKS, LACKS, HAS, LACKS)]

        assert told == [0, 1, 0, 0, 1]
        assert contoso.told[0] == ("right_missing", "contoso", LACKS.message)

    def test_one_that_was_never_there_is_no_news(self) -> None:
        contoso = Connected()

        assert (contoso.night(LACKS), contoso.missing()) == (0, ["code"])

    def test_no_answer_concludes_nothing(self) -> None:
        contoso = Connected()
        contoso.night(LACKS)
        contoso.table.at = NOW + timedelta(days=1)

        assert contoso.night(SILENT) == 0

        assert contoso.missing() == ["code"]
        assert contoso.view()["rights_tried_at"] == "2026-11-27T00:00:00.000Z"
        assert contoso.night(LACKS) == 0

    def test_nobody_is_told_what_they_saw_themselves(self) -> None:
        contoso = Connected()
        contoso.night(HAS)

        contoso.steps = [LACKS]
        assert contoso.rights.tried("contoso") == {"steps": [LACKS]}

        assert contoso.missing() == ["code"]
        assert contoso.night(LACKS) == 0

    def test_what_another_credential_lacked_is_forgotten(self) -> None:
        contoso = Connected()
        contoso.night(LACKS)

        for _ in range(2):
            contoso.rights.forget("contoso")

        assert (contoso.missing(), contoso.view()["rights_tried_at"]) == ([], None)

    @pytest.mark.parametrize("name", ["token", "member"])
    def test_what_pauses_the_connection_is_told_by_that(self, name: str) -> None:
        contoso = Connected()
        contoso.night(HAS)

        assert contoso.night(Step(name, ok=False, message="It is refused.")) == 0
        assert contoso.missing() == [name]


def paused(table: SmallTable) -> None:
    values: Any = {"schema": 1, "paused_until": NOW + timedelta(minutes=5), "problem": '{"code": "throttled"}'}
    table.rows[keys.OPERATIONS_ROW] = Row("contoso", keys.OPERATIONS_ROW, values, "etag", NOW)


def down(table: SmallTable) -> None:
    rows: Any = table
    HookRecords(rows).write("contoso", "7", Record(("workitem.created: disabled_by_user",), message="It is off."))
    HookRecords(rows).write("contoso", "8", Record(("RefusedError",)))  # as the version before this one wrote it
    HookRecords(rows).write("contoso", "9", Record())


def silent(table: SmallTable) -> None:
    for project, known in (("Web Shop", True), ("Mobile", False)):
        key = keys.missed_row(project)
        values: Any = {"schema": 1, "project": project, "at": NOW, **({"known": True} if known else {})}
        table.rows[key] = Row("contoso", key, values, "etag", NOW)


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (lambda _: None, {"paused_until": None, "problem": None, "rights_tried_at": None, "missing_rights": []}),
        (paused, {"paused_until": "2026-11-27T00:05:00.000Z", "problem": {"code": "throttled"}}),
        (down, {"hook_problems": ["It is off.", "Service hooks need a person: RefusedError."]}),
        (silent, {"hook_problems": ["Nothing is heard of Web Shop although its work items change."]}),
    ],
)
def test_the_view(cause: Callable[[SmallTable], None], expected: dict[str, Any]) -> None:
    contoso = Connected()
    cause(contoso.table)

    found = contoso.view()
    found["hook_problems"].sort()

    assert {name: found[name] for name in expected} == expected
