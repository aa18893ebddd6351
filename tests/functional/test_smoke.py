"""`make smoke` against the simulator: what it says, and that it leaves nothing behind, whatever happens to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.simulators.azure_devops import Identity
from local.simulators.directory import TENANT
from local.simulators.directory_members import Members
from tests.functional.simulated_azure import simulated_azure
from tests.functional.simulated_azure_devops import Organization, receiver, simulator, until
from tests.functional.smoke_administrator import Administrator, administrator_at

REPOSITORY = Path(__file__).parents[2]
CLI_TOKEN = "what the Azure CLI says"
ADA = Identity("Ada", "ada@contoso.example")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("smoke") / "state.db"
    with simulator(file, entra_tokens=lambda token, _: ADA if token == CLI_TOKEN else None) as address:
        yield address


@pytest.fixture
def administrator(base: str) -> Iterator[Administrator]:
    with administrator_at(base) as made:
        yield made


@pytest.mark.parametrize(("mode", "independent"), [("independent", "HOLDS"), ("atomic", "DOES NOT HOLD")])
def test_all_is_seen_and_nothing_is_left(administrator: Administrator, mode: str, independent: str) -> None:
    name = administrator.organization.name
    administrator.organization.control("POST", "settings", {"batch": mode, "organization": name})

    status = administrator.run()

    assert status == 0, administrator.output
    assert administrator.left() == ([], [])
    assert administrator.verdict("does not undo the others").startswith(f"{independent}  ")
    assert administrator.verdict("What $batch says of an entry is so").startswith("HOLDS  ")
    deletion = administrator.verdict("A deletion raises the revision")
    assert "4 → 5 (relied upon by shared/tickets/observing/observe)" in deletion
    assert administrator.verdict("A service principal or managed identity").startswith("NOT SEEN")
    assert "No clear answer" not in administrator.output


def test_nothing_is_ever_sent_to_a_hook_that_was_not_asked_for(administrator: Administrator) -> None:
    assert administrator.run() == 0

    notifications = administrator.organization.control(
        "GET", f"notifications?organization={administrator.organization.name}"
    )
    assert notifications["notifications"] == []
    assert "needs HOOK_URL" in administrator.verdict("An update of an item with the tag is sent")


def test_a_hook_that_was_asked_for_is_told_of_the_update(administrator: Administrator) -> None:
    with receiver() as hook:
        assert administrator.run(HOOK_URL=hook.url) == 0
        events = until(hook.events)

    assert {(event["eventType"], event["resource"]["workItemId"]) for event in events} == {("workitem.updated", 3)}
    assert administrator.verdict("An update of an item with the tag is sent").startswith("HOLDS")
    assert administrator.left() == ([], [])


FAULTS = [
    "POST .*/workitems/",
    "PATCH .*_apis/wit/.batch",
    "PATCH .*_apis/wit/workitems/",
    "DELETE .*_apis/wit/workitems/",
    "POST .*_apis/wit/workitemsbatch",
    "POST .*/wiql",
    "POST .*_apis/hooks/subscriptions",
    "GET .*/recyclebin/",
    "PATCH .*/recyclebin/",
]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "sign_in_page", "status:500", "status:403"])
@pytest.mark.parametrize("match", FAULTS)
def test_a_fault_in_the_middle_is_said_and_nothing_is_left(
    administrator: Administrator, match: str, fault: str
) -> None:
    # The client repeats once what was refused as signed out, and reads whose connection broke.
    administrator.fault(match, fault, times=2 if fault == "sign_in_page" or match.startswith("GET") else 1)

    assert administrator.run() == 1

    assert "NOT SEEN" in administrator.output
    assert administrator.left() == ([], [])


def test_what_cannot_be_removed_is_named(administrator: Administrator) -> None:
    administrator.fault("DELETE .*_apis/wit/workitems/", "status:403", times=None)

    assert administrator.run() == 1

    left, _ = administrator.left()
    assert left
    for item in left:
        assert f"LEFT BEHIND: Work item {item['id']}: " in administrator.output


def test_who_may_not_destroy_leaves_it_in_the_recycle_bin(administrator: Administrator) -> None:
    """Number 1 is somebody else's, number 2 what the batch made: nobody deletes it before it is to be destroyed."""
    administrator.fault("DELETE .*_apis/wit/workitems/2$", "status:403")

    assert administrator.run() == 1

    [item], _ = administrator.left()
    assert (item["id"], item["deleted"]) == (2, True)
    assert "LEFT BEHIND: Work item 2: now in the project's recycle bin" in administrator.output


def test_what_cannot_be_restored_stays_in_the_recycle_bin(administrator: Administrator) -> None:
    administrator.fault("PATCH .*/recyclebin/", "status:403", times=None)

    assert administrator.run() == 1

    [item], _ = administrator.left()
    assert item["deleted"]
    assert f"LEFT BEHIND: Work item {item['id']}: " in administrator.output


def test_a_create_without_an_answer_is_found_and_removed(administrator: Administrator) -> None:
    administrator.fault("POST .*/workitems/.Task", "late:1", times=3)

    assert administrator.run() == 1

    assert "No clear answer came to: a create" in administrator.output
    assert administrator.left() == ([], [])


def test_a_wrong_credential_is_told_and_makes_nothing(administrator: Administrator) -> None:
    assert administrator.run(AZURE_DEVOPS_PAT="canary" * 10) == 2

    assert "does not accept the credential (personal access token)" in administrator.output
    assert administrator.said[-1].endswith("Nothing was made.")
    assert "canary" not in administrator.output


def test_a_project_that_does_not_exist_is_told(administrator: Administrator) -> None:
    assert administrator.run(PROJECT="smoke-test") == 2

    assert "There is no project smoke-test" in administrator.output
    assert administrator.left() == ([], [])


def test_a_type_that_does_not_exist_is_told_with_those_that_do(administrator: Administrator) -> None:
    assert administrator.run(TYPE="Ticket") == 2

    assert "Issue" in administrator.said[-1]


def test_the_result_is_written_for_programs(administrator: Administrator, tmp_path: Path) -> None:
    file = tmp_path / "result.json"

    assert administrator.run(RESULT=str(file)) == 0

    result = json.loads(file.read_text())
    assert result["left"] == []
    assert {fact["verdict"] for fact in result["facts"]} == {"HOLDS", "NOT SEEN"}
    assert administrator.token not in file.read_text()


def process(administrator: Administrator, **more: str) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **administrator.environment(**more)}
    return subprocess.Popen(
        [sys.executable, "-m", "local.smoke"],
        cwd=REPOSITORY,
        env={name: value for name, value in environment.items() if value},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_cleans_up(administrator: Administrator, number: signal.Signals) -> None:
    administrator.fault("GET .*/reporting/workitemrevisions", "latency:30000")
    with process(administrator) as running:
        until(lambda: len(administrator.work_items()) > 1, seconds=60)  # a process starts first
        running.send_signal(number)
        output, _ = running.communicate(timeout=30)

    assert running.returncode == 130, output
    assert "Everything that was made is removed." in output
    assert administrator.left() == ([], [])
    assert administrator.token not in output


def test_a_run_that_nobody_reads_any_more_cleans_up(administrator: Administrator) -> None:
    administrator.fault("GET .*/reporting/workitemrevisions", "latency:1000")
    with process(administrator) as running:
        assert running.stdout
        until(lambda: len(administrator.work_items()) > 1, seconds=60)  # a process starts first
        running.stdout.close()
        running.wait(timeout=30)

    assert administrator.left() == ([], [])


def test_the_azure_cli_signs_in_who_gives_no_credential(administrator: Administrator, tmp_path: Path) -> None:
    answer = {"accessToken": CLI_TOKEN, "expiresOn": "2099-01-01 00:00:00.000000", "expires_on": 4070908800}
    cli = tmp_path / "az"
    cli.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    cli.chmod(0o755)

    with process(administrator, AZURE_DEVOPS_PAT="", PATH=f"{tmp_path}:{os.environ['PATH']}") as running:
        output, _ = running.communicate(timeout=60)

    assert running.returncode == 0, output
    assert "HOLDS          A signed-in user's tokens are listed" in output
    assert CLI_TOKEN not in output
    assert administrator.left() == ([], [])


def test_without_any_credential_it_says_which_there_are(administrator: Administrator, tmp_path: Path) -> None:
    with process(administrator, AZURE_DEVOPS_PAT="", PATH=str(tmp_path)) as running:
        output, _ = running.communicate(timeout=60)

    assert running.returncode == 2, output
    assert "AZURE_DEVOPS_PAT" in output
    assert "az login" in output


@pytest.mark.parametrize("missing", ["ORGANISATION", "PROJECT"])
def test_what_is_missing_is_named(administrator: Administrator, missing: str) -> None:
    with process(administrator, **{missing: ""}) as running:
        output, _ = running.communicate(timeout=60)

    assert running.returncode == 2
    assert output.startswith(f"{missing} is missing")
    assert "make smoke ORGANISATION=" in output


def test_a_service_principal_proves_that_one_may_subscribe(tmp_path: Path) -> None:
    with simulated_azure(tmp_path / "azure") as azure:
        members = Members(azure.directory)
        principal = azure.directory.register("bridge", secret="canary of a client secret")
        with (
            simulator(tmp_path / "state.db", entra_tokens=members.identity) as base,
            Organization(base) as organization,
        ):
            administrator = Administrator(organization, "")
            principal_of = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": principal.client_id, "ENTRA_URL": azure.login}
            given = {**principal_of, "AZURE_CLIENT_SECRET": "canary of a client secret"}
            administrator.token = "canary"

            assert administrator.run(AZURE_DEVOPS_PAT="", **given) == 2
            assert "TF401444" in administrator.output
            members.add(organization.name, principal.object_id, {})
            assert administrator.run(AZURE_DEVOPS_PAT="", **given) == 0

            assert administrator.verdict("A service principal or managed identity").startswith("HOLDS")
            assert administrator.left() == ([], [])


@pytest.mark.parametrize("name", ["AZURE_DEVOPS_PAT", "AZURE_CLIENT_SECRET"])
def test_make_takes_no_secret_on_its_command_line(name: str) -> None:
    asked = ["make", "-n", "smoke", f"{name}=canary"]
    done = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode != 0
    assert f"Set {name} in the environment" in done.stderr
    assert "canary" not in done.stdout + done.stderr
