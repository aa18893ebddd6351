"""JSON Patch documents of the Azure DevOps simulator."""

from typing import Any

import pytest

from local.simulators.azure_devops import patch, relations, rules
from local.simulators.azure_devops.errors import ServiceError


def test_reads_what_a_document_asks_for() -> None:
    read = patch.read(
        [
            {"op": "test", "path": "/rev", "value": 3},
            {"op": "add", "path": "/id", "value": "-1"},
            {"op": "replace", "path": "/fields/System.Title", "value": "x"},
            {"op": "add", "path": "/multilineFieldsFormat/System.Description", "value": "Markdown"},
            {"op": "remove", "path": "/relations/2"},
        ]
    )
    assert (read.revision, read.writes, read.removed) == (3, [("replace", "System.Title", "x")], [2])
    assert read.formats == {"System.Description": "markdown"}


@pytest.mark.parametrize(
    "document",
    [
        {},
        None,
        ["x"],
        [{"op": "move", "path": "/fields/System.Title"}],
        [{"op": "add", "path": "/elsewhere", "value": 1}],
        [{"op": "add", "path": "/relations/-", "value": {"rel": "Hyperlink"}}],
        [{"op": "test", "path": "/rev", "value": "x"}],
    ],
)
def test_refuses_what_is_no_patch(document: Any) -> None:
    with pytest.raises(ServiceError) as refused:
        patch.read(document)
    assert refused.value.status == 400


def test_tags_are_sorted_and_each_once() -> None:
    assert rules.tags_text("b; a,B;; c ") == "a; b; c"


def test_relations_are_removed_by_index() -> None:
    before = [{"rel": "Hyperlink", "url": f"https://x.example/{n}", "attributes": {}} for n in range(3)]
    after = relations.applied(before, patch.read([{"op": "remove", "path": "/relations/1"}]), "now")
    assert [relation["url"][-1] for relation in after] == ["0", "2"]
    with pytest.raises(ServiceError):
        relations.applied(before, patch.read([{"op": "remove", "path": "/relations/3"}]), "now")
