"""The console as people use it, without JavaScript, on the running stack."""

import html
import re
from collections.abc import Iterator

import pytest
import requests

from local.stack import Stack
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.console.browser import Browser, text_of
from tests.functional.entra_admin import EntraAdmin, case, grant

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href='javascript:alert(3)'>x</a>"


@pytest.fixture
def browser(stack: Stack) -> Iterator[Browser]:
    browser = Browser(stack)
    assert browser.sign_in(stack.addresses.host_key).status_code == 204
    yield browser
    browser.session.close()


class TestTheWayIn:
    def test_without_a_session_every_page_leads_to_the_sign_in(self, stack: Stack) -> None:
        browser = Browser(stack)

        page = browser.open("/tickets?status=failed")

        assert "Give the function app's host key" in page
        assert 'data-to="/api/console/tickets?status=failed"' in page

    def test_only_the_host_key_opens_a_session(self, stack: Stack) -> None:
        browser = Browser(stack)

        assert browser.sign_in("wrong").status_code == 401
        assert browser.sign_in(stack.addresses.function_key).status_code == 401
        assert not browser.session.cookies

    def test_the_cookie_is_out_of_reach_and_no_key(self, stack: Stack) -> None:
        answer = Browser(stack).sign_in(stack.addresses.host_key)

        cookie = answer.headers["Set-Cookie"]
        assert {"httponly", "samesite=lax", "path=/api/console"} <= set(cookie.lower().split("; "))
        assert stack.addresses.host_key not in cookie

    def test_signing_out_ends_it(self, browser: Browser) -> None:
        browser.open("")

        browser.send("/sign-out")

        assert "Give the function app's host key" in browser.open("/tickets")

    def test_after_the_sign_in_it_goes_on_here_and_nowhere_else(self, stack: Stack) -> None:
        for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/api/other"):
            page = requests.get(f"{Browser(stack).base}/sign-in", params={"to": elsewhere}, timeout=60).text
            assert 'data-to="/api/console"' in page


def test_a_form_of_another_page_is_refused(browser: Browser, bridge: Bridge) -> None:
    ticket = bridge.send()
    bridge.until(ticket, "open")

    for fields in ({}, {"form_token": "0" * 64}):
        answer = browser.session.post(f"{browser.base}/tickets/{ticket}/unlink", data=fields, timeout=60)
        assert answer.status_code == 403
        assert "load the page again" in answer.text
    assert bridge.ticket(ticket)["status"] == "open"


def test_every_page_forbids_what_it_does_not_bring_itself(browser: Browser) -> None:
    answer = browser.session.get(browser.base, timeout=60)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_scripts_and_styles_may_be_kept_for_ever(browser: Browser) -> None:
    page = browser.open("")
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]

    answer = browser.session.get(browser.base.removesuffix("/api/console") + address, timeout=60)

    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    other = address.replace(address.split("/")[-2], "0" * 16)
    assert browser.session.get(browser.base.removesuffix("/api/console") + other, timeout=60).status_code == 404


class TestTickets:
    def test_one_is_found_shown_unlinked_and_linked(self, browser: Browser, bridge: Bridge) -> None:
        ticket = bridge.send("V1", title="Outdated parser")
        item = bridge.until(ticket, "open")["work_item"]

        found = browser.open(f"/tickets?search=outdated+PARSER&kind=application&asset={bridge.asset}")
        assert f"/tickets/{ticket}" in found
        page = browser.open(f"/tickets/{ticket}")
        assert item["url"] in page
        assert "Work item created" in page

        said = browser.send("/unlink")
        assert "being unlinked" in said
        bridge.until(ticket, "detached")
        browser.open(f"/tickets/{ticket}")
        refused = browser.send("/link", status=409, id="twelve")
        assert "must be the number of a work item" in refused
        browser.send("/link", id=f"#{item['id']}")
        assert bridge.until(ticket, "open")["work_item"]["id"] == item["id"]

    def test_hostile_text_is_text(self, browser: Browser, bridge: Bridge) -> None:
        ticket = bridge.send(HOSTILE[:60], title=HOSTILE)

        for path in (f"/tickets/{ticket}", f"/tickets?kind=application&asset={bridge.asset}"):
            page = browser.open(path)
            assert "<script>alert" not in page
            assert "<img" not in page
            assert "href='javascript" not in page
            assert "&lt;script&gt;alert(1)" in page

    def test_what_is_not_there_is_said(self, browser: Browser) -> None:
        page = browser.open("/tickets/nowhere.vt3hueici5puqzeaakfhq27y2dyx7ic7", status=404)

        assert "There is no ticket" in page

    def test_a_filter_that_cannot_be_used_is_explained(self, browser: Browser) -> None:
        page = browser.open("/tickets?status=odd", status=400)

        assert "must be one of" in page


def test_the_overview_counts_tickets(browser: Browser, bridge: Bridge) -> None:
    bridge.until(bridge.send(), "open")

    def counted() -> bool:
        text = text_of(browser.open(""))
        return "As of" in text and "Open" in text

    eventually(counted, what="the counts")
    assert bridge.name in browser.open("/connections") or "Next page" in browser.page


def test_the_overview_says_what_a_connection_may_not_do(browser: Browser, bridge: Bridge) -> None:
    powerless = {"organization": bridge.name, "user": "Bridge", "may_write": False}
    bridge.token = bridge.control("POST", "personal-access-tokens", powerless)["token"]
    assert bridge.connect().ok
    bridge.ask("POST", f"connections/{bridge.name}/check")

    page = text_of(browser.open(f"/connections/{bridge.name}"))

    assert "Right missing: work items create." in page
    assert "Rights were tried" in page
    row = row_of(browser, bridge.name)
    assert "Right missing" in row
    assert "Working" not in row

    bridge.token = bridge.control("POST", "personal-access-tokens", {**powerless, "may_write": True})["token"]
    assert bridge.connect().ok
    assert "Right missing" not in text_of(browser.open(f"/connections/{bridge.name}"))
    assert "Working" in row_of(browser, bridge.name)


def row_of(browser: Browser, connection: str) -> str:
    """What the list of connections says of one, on whichever page it stands."""
    page = browser.open("/connections")
    while f'/connections/{connection}"' not in page:
        (more,) = re.findall(r'href="/api/console([^"]*)" rel="next"', page)
        page = browser.open(html.unescape(more))
    return text_of(page.partition(f'/connections/{connection}"')[2].partition("</tr>")[0])


def test_the_switch_stops_and_starts_creation(browser: Browser) -> None:
    browser.open("")
    try:
        assert "No work items are made" in browser.send("/creation", reason="an audit")
        assert "an audit" in browser.page
    finally:
        assert "Work items are made again" in browser.send("/creation")


def test_a_failed_message_is_shown_sent_again_and_forgotten(browser: Browser, bridge: Bridge) -> None:
    bridge.queue("ticket-requests").send_message(
        '{"schema": 1, "vulnerability": {"id": "' + HOSTILE.replace('"', "'") + '"}}'
    )
    eventually(lambda: "alert(1)" in browser.open("/failed-messages"), what="the failed message")

    assert "<script>alert" not in browser.page
    failed = browser.page.partition("/api/console/failed-messages/")[2]
    failed = next(part for part in browser.page.split('href="/api/console/failed-messages/')[1:]).partition('"')[0]
    page = browser.open(f"/failed-messages/{failed}")
    assert "&lt;script&gt;alert(1)" in page
    browser.send("/dismiss")
    browser.open(f"/failed-messages/{failed}", status=404)


def test_a_user_signs_in_with_a_code(browser: Browser, admin: EntraAdmin) -> None:
    made = case(admin, "signed_in_user")
    grant(admin, made)
    name = admin.bridge.name
    browser.open("/new-connection?kind=signed_in_user")
    url = f"{admin.bridge.stack.addresses.azure_devops}/{name}"
    account = {field: made.credential[field] for field in ("tenant", "client_id")}

    page = browser.send("/connections", connection=name, url=url, **account)

    code = page.partition('class="code"><code>')[2].partition("</code>")[0]
    assert 'http-equiv="refresh"' in page
    admin.approve(code, made.principal)
    eventually(lambda: "Signed in" in browser.open(f"/connections/{name}/sign-in"), what="the sign-in")
    assert "user" in text_of(browser.open(f"/connections/{name}"))


def test_who_did_what_is_in_the_log(browser: Browser, bridge: Bridge) -> None:
    browser.open(f"/connections/{bridge.name}")
    browser.send("/change", enabled="")
    log = bridge.stack.state / "logs" / "functions.log"

    def told() -> bool:
        lines = [line for line in log.read_text().splitlines() if "console_change_connection: 303" in line]
        return any("the host key's holder" in line for line in lines)

    eventually(told, what="the line")
    assert bridge.ask("GET", f"connections/{bridge.name}").json()["enabled"] is False


def test_a_change_that_somebody_else_made_first_is_not_lost(browser: Browser, bridge: Bridge) -> None:
    browser.open(f"/connections/{bridge.name}")
    assert bridge.connect(defaults={"tags": ["theirs"]}).ok

    page = browser.send("/change", status=409, defaults='{"tags": ["mine"]}')

    assert "Somebody changed it meanwhile" in page
    assert "mine" in page
    assert bridge.ask("GET", f"connections/{bridge.name}").json()["defaults"]["tags"] == ["theirs"]


def test_a_name_that_is_taken_is_said_to_people(browser: Browser, bridge: Bridge) -> None:
    browser.open("/new-connection?kind=personal_access_token")

    page = browser.send("/connections", status=422, connection=bridge.name, url="x", token="secret-" * 8)

    assert "choose another name" in page
    assert "If-None-Match" not in page
    assert "secret-" not in page


def test_a_connection_is_checked(browser: Browser, bridge: Bridge) -> None:
    page = browser.open(f"/connections/{bridge.name}")
    assert bridge.token not in page

    page = text_of(browser.send("/check"))

    assert "Works: " in page
    assert "Service hooks:" in page


def test_where_there_are_more_choices_than_a_page_offers_any_may_be_typed(browser: Browser, bridge: Bridge) -> None:
    areas = f"{bridge.stack.addresses.azure_devops}/{bridge.name}/{PROJECT}/_apis/wit/classificationnodes/Areas"
    with requests.Session() as azure:
        azure.auth = ("", bridge.token)
        for number in range(1000):
            made = azure.post(areas, params={"api-version": "7.1"}, json={"name": f"Team {number:04}"}, timeout=10)
            assert made.ok

    page = browser.open(f"/new-link?kind=application&asset={bridge.asset}-2&connection={bridge.name}&project={PROJECT}")

    assert 'list="area_path-choices"' in page
    assert "There are more than the 1000 that are offered: type the whole name." in page
    assert f"{PROJECT}\\Team 0999" not in page
    assert '<select id="project"' in page, "of which there are few"
    area = f"{PROJECT}\\Team 0999"
    browser.send("/links", kind="application", connection=bridge.name, project=PROJECT, area_path=area)
    link = bridge.ask("GET", f"links/application/{bridge.asset}-2").json()
    assert link["area_path"] == area
