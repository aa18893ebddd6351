"""The WIQL parser of the Azure DevOps simulator."""

import pytest

from local.simulators.azure_devops import wiql_parser
from local.simulators.azure_devops.errors import ServiceError
from local.simulators.azure_devops.wiql_parser import Condition, Group, Value


def test_and_binds_closer_than_or() -> None:
    query = wiql_parser.parse("select Id from workitems where [A] = 1 or [B] <> 'x''y' and [C] under \"D\\E\"")
    assert query.where == Group(
        "OR",
        (
            Condition("A", "=", (Value("number", "1"),)),
            Group(
                "AND",
                (Condition("B", "<>", (Value("text", "x'y"),)), Condition("C", "UNDER", (Value("text", "D\\E"),))),
            ),
        ),
    )


def test_columns_lists_macros_and_order() -> None:
    query = wiql_parser.parse(
        "SELECT [System.Id], [System.Title] FROM WorkItems WHERE [A] NOT IN (1, -2) AND [B] >= @today - 7 "
        "AND [C] IS NOT EMPTY ORDER BY [System.Id] DESC, [System.Title]"
    )
    assert query.columns == ["System.Id", "System.Title"]
    assert query.order == [("System.Id", True), ("System.Title", False)]
    assert isinstance(query.where, Group)
    assert query.where.parts == (
        Condition("A", "NOT IN", (Value("number", "1"), Value("number", "-2"))),
        Condition("B", ">=", (Value("macro", "@today", -7),)),
        Condition("C", "NOT EMPTY", ()),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT",
        "SELECT [A] FROM WorkItems WHERE",
        "SELECT [A] FROM WorkItems WHERE ([A] = 1",
        "SELECT [A] FROM X y",
    ],
)
def test_refuses_what_is_not_wiql(text: str) -> None:
    with pytest.raises(ServiceError, match="TF51006"):
        wiql_parser.parse(text)
