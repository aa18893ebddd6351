"""The registry of a repository over HTTP: found, read, kept, followed and forgotten."""

from typing import Any

import pytest

from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.pushed_code import REPOSITORY, ask, component, git_calls, names, push, read
from tests.functional.service_hooks import subscriptions

NEVER_READ = [{"id": "ours", "decorators": ["plugins.register"]}]


def problem(bridge: Bridge, status: int, name: str = REPOSITORY, **params: str) -> dict[str, Any]:
    answer = ask(bridge, name, params=params)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def calls_of(bridge: Bridge, **params: str) -> list[str]:
    """Read, and return what Azure DevOps was asked for it, without ids."""
    before = len(git_calls(bridge))
    read(bridge, **params)
    return [call.partition(" ")[0] + " " + call.rpartition("/")[2] for call in git_calls(bridge)[before:]]


def pushes(bridge: Bridge) -> list[dict[str, Any]]:
    return subscriptions(bridge, "git.push")


def test_a_registry_is_read_as_the_connection_itself(bridge: Bridge) -> None:
    made = push(bridge, {"src/a.py": component("a.v1"), "b.py": component("b.v1"), "logo.png": {"base64": "AAAA"}})

    found = read(bridge)

    assert names(found) == ["a.v1", "b.v1"]
    assert (found["project"], found["repository"]) == (PROJECT, REPOSITORY)
    assert found["at"] == {"ref": "refs/heads/main", "commit": made["commit"]}
    assert f"/_git/{REPOSITORY}?path=%2Fb.py&version=GC{made['commit']}&line=" in str(found["registry"])


def test_calls_are_constant_for_all_of_it_and_few_for_what_changed(bridge: Bridge) -> None:
    many = {f"src/{number}.py": component(f"c{number}.v1") for number in range(120)}
    push(bridge, many)

    assert calls_of(bridge) == [f"GET {REPOSITORY}", "GET refs", "GET items", "GET items"]

    before = len(git_calls(bridge))
    push(bridge, {**many, "src/7.py": component("changed.v1"), "new.py": component("new.v1")})
    found = read(bridge)

    assert {"changed.v1", "new.v1"} <= set(names(found))
    assert "c7.v1" not in names(found)
    again = git_calls(bridge)[before:]
    assert sum(call.endswith("/blobs") for call in again) == 1
    assert sum(call.endswith("/items") for call in again) == 1


def test_whoever_has_it_costs_two_calls_and_reads_nothing(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    read(bridge)
    first = ask(bridge)
    etag = first.headers["ETag"]
    before = len(git_calls(bridge))

    again = ask(bridge, headers={"If-None-Match": etag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert len(git_calls(bridge)) - before == 2
    assert ask(bridge).text == first.text
    assert ask(bridge, params={"format": "svg"}).headers["ETag"] != etag
    push(bridge, {"a.py": component("a.v2")})
    assert ask(bridge, headers={"If-None-Match": etag}).status_code in (200, 202)


def test_a_picture_can_do_nothing_and_every_form_says_what_it_is(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    read(bridge)

    for accept, expected in (("image/svg+xml", "<svg"), ("text/vnd.mermaid", "flowchart"), ("*/*", "{")):
        answer = ask(bridge, headers={"Accept": accept})
        assert expected in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Vary"] == "Accept"
    assert problem(bridge, 400, format="png")["problems"][0]["field"] == "format"


def test_two_commits_are_compared(bridge: Bridge) -> None:
    first = push(bridge, {"a.py": component("a.v1"), "b.py": component("b.v1")}, tag="v1")
    push(bridge, {"a.py": component("a.v1"), "c.py": component("c.v1")})

    found = read(bridge, against="v1")

    assert found["against"] == {"ref": "refs/tags/v1", "commit": first["commit"]}
    assert found["registry"] is None
    text = str(found["difference"])
    assert ("b.v1" in text, "c.v1" in text, "a.v1" in text) == (True, True, False)
    for form in ("mermaid", "svg"):
        drawn = ask(bridge, params={"against": "v1", "format": form}).text
        assert all(name in drawn for name in ("a.v1", "b.v1", "c.v1")), drawn
        assert ("added" in drawn, "removed" in drawn) == (True, True), drawn
        assert "b.v1" not in ask(bridge, params={"format": form}).text


def test_each_way_of_naming_a_commit(bridge: Bridge) -> None:
    first = push(bridge, {"a.py": component("a.v1")}, tag="v1")["commit"]
    push(bridge, {"a.py": component("a.v2")})
    push(bridge, {"a.py": component("a.v3")}, branch="feature/x")

    for ref in ("v1", "refs/tags/v1", first, first.upper(), first[:9]):
        assert names(read(bridge, ref=ref)) == ["a.v1"], ref
    for ref in ("feature/x", "refs/heads/feature/x"):
        assert names(read(bridge, ref=ref)) == ["a.v3"], ref
    assert problem(bridge, 404, ref="featrue/x")["hint"] == "Did you mean feature/x?"


def test_what_cannot_be_read_is_said_with_what_to_do(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    push(bridge, None, "empty")
    push(bridge, {"a.py": ""}, "old", disabled=True)

    assert problem(bridge, 404, "shpo")["hint"].startswith("Did you mean shop")
    assert "no commit yet" in problem(bridge, 404, "empty")["detail"]
    assert "disabled" in problem(bridge, 422, "old")["detail"]
    body = {"organization": bridge.name, "user": "Bridge", "token": bridge.token, "may_read_code": False}
    bridge.control("POST", "personal-access-tokens", body)
    assert "Access level Basic" in problem(bridge, 404)["hint"]


def test_traps_leave_nothing_and_get_an_answer(bridge: Bridge) -> None:
    files = {
        "a.py": component("a.v1"),
        "link.py": {"link": "/etc/passwd"},
        "lib": {"submodule": "ab" * 20},
        "large.py": "#" * (2 * 1024 * 1024 + 1),
        "../up.py": component("up"),
        "bad.py": {"base64": "//79AAE="},
        "setup.py": "import os; os.system('touch /tmp/executed')",
    }
    push(bridge, files)

    found = read(bridge)

    assert names(found) == ["a.v1"]
    unread = {one["file"]: one["reason"] for one in found["registry"]["unread"]}
    assert unread == {
        "../up.py": "its path is none that Git allows",
        "large.py": "larger than 2 MB",
        "lib": "a submodule: another repository",
        "link.py": "a symbolic link",
    }


def test_what_is_large_is_read_by_the_queue_and_asked_for_again(bridge: Bridge) -> None:
    push(bridge, {f"src/{number}.py": component(f"c{number}.v1") for number in range(301)})

    answer = ask(bridge)

    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Location"].endswith(f"/registries/{PROJECT.replace(' ', '%20')}/{REPOSITORY}")
    assert answer.json()["state"] in ("waiting", "reading")
    assert len(names(read(bridge))) == 301


def test_why_reading_failed_is_the_answer_and_no_endless_waiting(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1"), "registry.toml": "no toml ["})

    first, again = problem(bridge, 422), problem(bridge, 422)

    assert first["detail"] == again["detail"]
    assert first["problems"]
    push(bridge, {"a.py": component("a.v1")})
    assert names(read(bridge)) == ["a.v1"]


def test_trouble_of_azure_devops_passes(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    for fault in ("status:500", "drop_before", "status:401", "sign_in_page", "status:429"):
        bridge.fault(f"GET .*/repositories/{REPOSITORY}", fault, times=2)
        assert ask(bridge).status_code in (200, 422, 503), fault
    bridge.control("DELETE", "faults")

    assert names(read(bridge)) == ["a.v1"]


@pytest.mark.parametrize("fault", ["status:500", "drop_before", "retry_after:1"])
def test_the_queue_tries_again_what_failed_halfway(bridge: Bridge, fault: str) -> None:
    push(bridge, {f"src/{number}.py": component(f"c{number}.v1") for number in range(301)})
    assert ask(bridge).status_code == 202
    bridge.fault("GET .*/items", fault, times=3)

    def look() -> list[str] | None:
        answer = ask(bridge)
        return names(answer.json()) if answer.status_code == 200 else None

    assert len(eventually(look, what="the registry")) == 301


def test_conventions_of_links_are_those_of_the_project(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    before = ask(bridge).headers.get("ETag")

    refused = bridge.link(registries=[{"decorators": ["plugins.register"]}])
    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["problems"]] == ["/registries/0/id"]
    assert bridge.link(registries=NEVER_READ).json()["effective"]["registries"] == NEVER_READ

    read(bridge)
    assert ask(bridge).headers["ETag"] != before
    refused = bridge.connect(defaults={"registries": [{}]})
    assert refused.json()["problems"][0]["field"] == "/defaults/registries/0/id"


def test_a_push_is_read_before_anybody_asks(bridge: Bridge) -> None:
    made = push(bridge, {"a.py": component("a.v1")})
    read(bridge)
    hook = eventually(lambda: next(iter(pushes(bridge)), None), what="the subscription")
    assert hook["publisherInputs"]["repository"] == made["id"]
    before = len(git_calls(bridge))

    push(bridge, {"a.py": component("a.v2")})

    eventually(lambda: any(call.endswith("/blobs") for call in git_calls(bridge)[before:]), what="the reading")
    before = len(git_calls(bridge))
    assert names(read(bridge)) == ["a.v2"]
    assert [call for call in git_calls(bridge)[before:] if call.endswith(("/blobs", "/items"))] == []


def test_other_branches_and_deleted_ones_are_not_read(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    push(bridge, {"a.py": component("b.v1")}, branch="gone")
    read(bridge)
    read(bridge, ref="gone")
    eventually(lambda: pushes(bridge), what="the subscription")
    before = len(git_calls(bridge))

    push(bridge, {"a.py": component("c.v1")}, branch="never-asked")
    push(bridge, None, branch="gone", gone=True)
    push(bridge, {"a.py": component("a.v2")})

    eventually(lambda: any(call.endswith("/blobs") for call in git_calls(bridge)[before:]), what="the reading")
    assert names(read(bridge)) == ["a.v2"]
    assert problem(bridge, 404, ref="gone")["detail"]
    assert sum(call.endswith("/blobs") for call in git_calls(bridge)[before:]) == 1


def test_the_doctor_keeps_the_subscription_and_links_do_not_matter(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    read(bridge)
    hook = eventually(lambda: next(iter(pushes(bridge)), None), what="the subscription")
    bridge.control("POST", f"subscriptions/{hook['id']}", {"status": "disabledBySystem"})
    assert bridge.ask("DELETE", f"links/application/{bridge.asset}").ok
    eventually(lambda: not subscriptions(bridge, "workitem.updated"), what="the end of the others")

    report = bridge.ask("POST", f"connections/{bridge.name}/check").json()["service_hooks"]

    assert [(one["event"], one["findings"]) for one in report["mended"]] == [("git.push", ["disabled_by_system"])]
    assert [one["status"] for one in pushes(bridge)] == ["enabled"]


def test_with_the_connection_everything_is_forgotten(bridge: Bridge) -> None:
    push(bridge, {"a.py": component("a.v1")})
    read(bridge)
    eventually(lambda: pushes(bridge), what="the subscription")

    assert bridge.ask("DELETE", f"connections/{bridge.name}").ok

    eventually(lambda: bridge.ask("GET", f"connections/{bridge.name}").status_code == 404, what="its end")
    assert subscriptions(bridge) == []
    assert ask(bridge).status_code == 404
