"""The console in a real browser: every flow, what is wrong and what is empty, for everybody, on every screen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.console import scene
from tests.functional.console.scene import Scene
from tests.functional.entra_admin import Case, EntraAdmin, case, grant

chromium = pytest.importorskip("tests.functional.console.chromium", reason="Playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not chromium.PROGRAM.exists(), reason=chromium.WHY_NOT),
    pytest.mark.xdist_group("chromium"),
]
SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1920, "height": 1080}}
PAGES = tuple(Scene(Bridge(None, "n", "", "a"), dict.fromkeys(("PHX-1", "PHX-6"), "t"), "t", ("", "")).pages)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def stage(stack: Stack) -> Scene:
    return scene.make(stack)


@pytest.fixture(params=["light", "dark"], scope="module")
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def window(browser: Any, stack: Stack) -> Iterator[Any]:
    """A window that is signed in; in the end nothing was complained of, and nobody else was asked."""
    base = f"{stack.addresses.functions}/api/console"
    context = browser.new_context(viewport=SIZES["desk"])
    window = chromium.Window(context.new_page(), base)
    window.sign_in(stack.addresses.host_key)
    yield window
    context.close()
    assert window.errors == []
    assert window.hosts <= {base.split("/")[2]}


class TestEveryPage:
    @pytest.mark.every_case
    @pytest.mark.parametrize("name", PAGES)
    def test_is_for_everybody(self, browser: Any, stack: Stack, stage: Scene, theme: str, name: str) -> None:
        """axe-core finds nothing, it fits the narrowest screen, and no text of others becomes more than text."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        base = f"{stack.addresses.functions}/api/console"
        context = browser.new_context(viewport=SIZES["phone"], color_scheme=theme)
        window = chromium.Window(context.new_page(), base)
        window.sign_in(stack.addresses.host_key)

        window.open(stage.pages[name])

        found = axe.run(window.page)
        assert found.violations_count == 0, found.generate_report()
        assert window.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert [error for error in window.errors if "404" not in error] == []
        assert window.hosts == {base.split("/")[2]}
        context.close()

    def test_can_be_read_without_javascript(self, browser: Any, stage: Scene, window: Any) -> None:
        context = browser.new_context(java_script_enabled=False, storage_state=window.page.context.storage_state())
        page = context.new_page()
        for path in stage.pages.values():
            page.goto(f"{window.base}{path}")
            assert page.get_by_role("main").inner_text()
        context.close()


class TestSigningIn:
    def test_a_wrong_key_is_said_and_the_right_one_goes_on(self, browser: Any, stack: Stack) -> None:
        window = chromium.Window(browser.new_page(), f"{stack.addresses.functions}/api/console")
        window.open("/tickets")
        window.page.get_by_label("Host key").fill("wrong")
        window.page.get_by_role("button", name="Sign in").click()
        window.page.get_by_text("This is not the host key.").wait_for()

        window.page.get_by_label("Host key").fill(stack.addresses.host_key)
        window.page.keyboard.press("Enter")

        window.page.get_by_role("heading", name="Tickets").wait_for()
        assert stack.addresses.host_key not in window.page.url
        window.page.close()


class TestTickets:
    def test_are_found_filtered_and_opened_by_keyboard(self, window: Any, stage: Scene) -> None:
        window.open("/tickets")
        window.page.get_by_label("Search").fill("log4shell")
        window.page.keyboard.press("Enter")
        link = window.page.get_by_role("link", name="Log4Shell in log4j-core 2.14.1").first
        link.focus()

        window.page.keyboard.press("Enter")

        window.page.get_by_role("heading", name="Log4Shell in log4j-core 2.14.1").wait_for()
        assert window.page.get_by_text("Work item created").is_visible()
        href = window.page.get_by_role("link", name="Issue").first.get_attribute("href")
        assert href.startswith(stage.bridge.stack.addresses.azure_devops)

    def test_one_is_unlinked_and_linked_again(self, window: Any, stage: Scene) -> None:
        ticket = stage.tickets["PHX-4"]
        item = stage.bridge.ticket(ticket)["work_item"]["id"]
        window.open(f"/tickets/{ticket}")
        window.page.get_by_role("button", name="Unlink").click()
        window.page.get_by_text("The work item is being unlinked.").wait_for()
        stage.bridge.until(ticket, "detached")

        window.open(f"/tickets/{ticket}")
        window.page.get_by_label("Number of an existing work item").fill(f"#{item}")
        window.page.get_by_role("button", name="Link existing").click()

        window.page.get_by_text("The work item is being linked.").wait_for()
        stage.bridge.until(ticket, "open")

    def test_hostile_text_is_shown_as_it_is(self, window: Any, stage: Scene) -> None:
        window.open(f"/tickets/{stage.tickets['PHX-6']}")

        assert scene.HOSTILE in window.page.get_by_role("heading", level=1).inner_text()

    def test_none_is_said(self, window: Any) -> None:
        window.open("/tickets?search=nothing-is-called-so")

        assert window.page.get_by_text("No ticket is like that.").is_visible()


class TestSettingUp:
    def test_an_organisation_is_connected_and_an_application_linked(self, window: Any, stack: Stack) -> None:
        new = Bridge.fresh(stack, linked=False)
        window.open("/connections")
        window.page.get_by_role("link", name="Connect another organisation").click()
        window.page.get_by_label("Personal access token").check()
        window.page.get_by_role("button", name="Next").click()
        window.page.get_by_label("Name here").fill(new.name)
        window.page.get_by_label("Address of the organisation").fill(f"{stack.addresses.azure_devops}/{new.name}")
        window.page.get_by_label("Personal access token", exact=True).fill("x" * 52)
        window.page.get_by_role("button", name="Check and save").click()
        window.page.get_by_role("alert").wait_for()
        assert "The credential does not work" in window.page.get_by_role("alert").inner_text()
        window.errors.clear()  # Chromium logs that the page came with 422
        assert "x" * 52 not in window.page.content()

        window.page.get_by_label("Personal access token", exact=True).fill(new.token)
        window.page.get_by_role("button", name="Check and save").click()
        window.page.get_by_text("It is saved.").wait_for()
        window.page.get_by_role("button", name="Check now").click()
        window.page.get_by_text("Service hooks:").wait_for()

        window.open("/links")
        window.page.get_by_role("link", name="Link another one").click()
        window.page.get_by_label("Its id on the security platform").fill(f"till-{new.name}")
        window.page.get_by_label("Connection").select_option(new.name)
        window.page.get_by_role("button", name="Next").click()
        window.page.get_by_label("Project").select_option(PROJECT)
        window.page.get_by_role("button", name="Next").click()
        window.page.get_by_label("Work item type").select_option("Task")
        window.page.get_by_label("Area path").select_option(index=1)
        window.page.get_by_role("button", name="Save").click()
        window.page.get_by_text("It is saved.").wait_for()

        window.page.get_by_label("Title").fill("Cross-site scripting in the till")
        window.page.get_by_role("button", name="Preview").click()
        window.page.get_by_role("heading", name=f"Task in {PROJECT}").wait_for()
        assert window.page.get_by_text("Cross-site scripting in the till").first.is_visible()

    def test_a_user_signs_in_with_a_code(self, window: Any, admin: EntraAdmin) -> None:
        made = case(admin, "signed_in_user")
        grant(admin, made)
        code = start_sign_in(window, admin, made)

        admin.approve(code, made.principal)

        window.page.get_by_text("Signed in as").wait_for()  # the page looks again by itself
        window.page.get_by_role("link", name="To the connection").click()
        window.page.get_by_role("heading", name=admin.bridge.name).wait_for()

    def test_a_user_who_declines_is_told_so_and_may_begin_again(self, window: Any, admin: EntraAdmin) -> None:
        code = start_sign_in(window, admin, case(admin, "signed_in_user"))

        admin.control("POST", f"device-codes/{code}", {"declined": True})

        window.page.get_by_role("alert").wait_for()
        assert "declined" in window.page.get_by_role("alert").inner_text()
        window.page.get_by_role("button", name="Start the sign-in").click()
        window.page.get_by_text("type this code").wait_for()
        assert window.page.locator(".code").inner_text() != code

    def test_what_is_wrong_with_a_link_is_said_at_once(self, window: Any, stage: Scene) -> None:
        window.open(f"/links/application/{stage.bridge.asset}")
        window.page.get_by_label("Other settings").fill('{"assignee": 5}')
        window.page.get_by_role("button", name="Save").click()

        window.page.get_by_role("alert").wait_for()
        window.errors.clear()
        assert "/assignee" in window.page.get_by_role("alert").inner_text()

    def test_values_for_hooks_by_hand_are_copied_and_the_password_is_on_no_page(
        self, window: Any, stage: Scene
    ) -> None:
        window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        window.open(f"/connections/{stage.bridge.name}/hook")
        password = stage.bridge.ask("GET", f"connections/{stage.bridge.name}/hook").json()["password"]
        assert password not in window.page.content()

        window.page.get_by_role("button", name="Copy the password").click()

        window.page.get_by_text("Copied.").wait_for()
        assert window.page.evaluate("navigator.clipboard.readText()") == password


def start_sign_in(window: Any, admin: EntraAdmin, made: Case) -> str:
    """Connect an organisation for a user, and return the code that they are to type."""
    name = admin.bridge.name
    window.open("/new-connection?kind=signed_in_user")
    window.page.get_by_label("Name here").fill(name)
    window.page.get_by_label("Address of the organisation").fill(f"{admin.bridge.stack.addresses.azure_devops}/{name}")
    window.page.get_by_label("Tenant").fill(made.credential["tenant"])
    window.page.get_by_label("Application").fill(made.credential["client_id"])
    window.page.get_by_role("button", name="Check and save").click()
    window.page.get_by_role("heading", name=f"Sign in to {name}").wait_for()
    return str(window.page.locator(".code").inner_text())


class TestTokens:
    def test_one_is_rotated(self, window: Any, stage: Scene) -> None:
        before = stage.bridge.ask("GET", f"tokens/{stage.token}").json()["current"]
        window.open(f"/tokens/{stage.token}")
        window.page.get_by_role("button", name="Rotate now", exact=True).click()

        window.page.get_by_text("The token was replaced.").wait_for()
        assert stage.bridge.ask("GET", f"tokens/{stage.token}").json()["current"] != before


@pytest.mark.usefixtures("stage")
class TestFailedMessages:
    def test_one_is_looked_at_and_sent_again(self, window: Any) -> None:
        window.open("/failed-messages")
        window.page.get_by_role("row", name="PHX-7").first.get_by_role("link").click()
        assert "<script>" in window.page.get_by_role("region", name="Payload", exact=True).inner_text()

        window.page.get_by_role("button", name="Send again").click()

        window.page.get_by_text("It was sent again.").wait_for()


class TestRegistries:
    def test_the_graph_is_moved_zoomed_searched_and_leads_to_the_line(self, window: Any, stage: Scene) -> None:
        window.open(stage.registry)
        picture = window.page.locator("#graph svg")
        picture.wait_for()
        width = picture.bounding_box()["width"]

        window.page.get_by_role("button", name="Zoom in").click()
        assert picture.bounding_box()["width"] > width
        window.page.get_by_label("Find").fill("tagger")
        window.page.get_by_text("1 found").wait_for()
        assert window.page.locator("#graph g.found").count() == 1
        href = window.page.locator("#graph a").first.get_attribute("href")
        assert "parts%2F" in href
        assert href.startswith(stage.bridge.stack.addresses.azure_devops)

    def test_what_changed_since_another_commit_is_listed(self, window: Any, stage: Scene) -> None:
        window.open(f"{stage.registry}?against={stage.commits[0]}")

        assert "ranker" in window.page.get_by_role("region", name="What changed").inner_text()


class TestImports:
    def test_a_report_is_sent_and_taken_back(self, window: Any, stage: Scene, tmp_path: Path) -> None:
        report = tmp_path / "report.sarif"
        run = {"tool": {"driver": {"name": "hand"}}, "results": [{"ruleId": "r", "message": {"text": "By hand"}}]}
        report.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))
        window.open("/import")
        window.page.get_by_label("Whose findings they are").select_option(stage.bridge.asset)
        window.page.get_by_label("Drop a SARIF file here").set_input_files(report)
        window.page.get_by_role("button", name="Import").click()
        window.page.get_by_text("1 accepted").wait_for()
        window.page.get_by_role("link", name="See the import").click()

        window.page.get_by_role("button", name="Take it back").click()  # not before it is said to be meant
        assert window.page.get_by_text("The import is being taken back.").count() == 0
        window.page.get_by_label("Move its untouched work items to the recycle bin").check()
        window.page.get_by_role("button", name="Take it back").click()

        window.page.get_by_text("The import is being taken back.").wait_for()
        assert eventually(lambda: "By hand" in str(stage.bridge.tickets()), what="its ticket")

    def test_where_assets_are_too_many_to_list_one_is_typed(self, window: Any, stage: Scene, tmp_path: Path) -> None:
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        report = tmp_path / "report.sarif"
        run = {"tool": {"driver": {"name": "typed"}}, "results": [{"ruleId": "r", "message": {"text": "Typed"}}]}
        report.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))

        with scene.many_links(stage.bridge):
            window.open("/import")
            assert axe.run(window.page).violations_count == 0
            window.page.get_by_label("Whose findings they are").fill(stage.bridge.asset)
            window.page.get_by_label("Kind").select_option("application")
            window.page.get_by_label("Drop a SARIF file here").set_input_files(report)
            window.page.get_by_role("button", name="Import").click()
            window.page.get_by_text("1 accepted").wait_for()

    def test_what_is_no_report_is_said(self, window: Any, tmp_path: Path) -> None:
        report = tmp_path / "report.sarif"
        report.write_text("no report")
        window.open("/import")
        window.page.get_by_label("Drop a SARIF file here").set_input_files(report)
        window.page.get_by_role("button", name="Import").click()

        window.page.locator("#said.bad").wait_for()
        window.errors.clear()
