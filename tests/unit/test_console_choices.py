"""What a form offers where there is more to choose from than a page should hold."""

import pytest

from shared.console.rendering import rendered
from shared.triggers.console.api import Choices

AROUND = {"visit": None, "form_token": "t"}
LINKS = [{"kind": "application", "asset": "shop <1>", "project": "Mobile"}]


def test_members_of_entries_are_offered_and_whether_there_are_more() -> None:
    assert Choices(LINKS, complete=False).named("project") == Choices(["Mobile"], complete=False)


@pytest.mark.parametrize(("everything", "is_typed"), [(True, False), (False, True)])
def test_an_asset_is_chosen_or_typed(everything: bool, is_typed: bool) -> None:
    page = rendered("import.html", {**AROUND, "links": Choices(LINKS, complete=everything), "kinds": ("application",)})

    assert ('<input id="asset"' in page) == is_typed
    assert ('<select id="asset"' in page) != is_typed
    assert ('<select id="kind"' in page) == is_typed
    assert "shop &lt;1&gt;" in page
