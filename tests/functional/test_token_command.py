"""`python -m shared.tokens`: each sub-command, each place of a value, each refusal; no secret in any output."""

import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential

from shared.storage.secrets import Vault
from shared.tokens.command.running import main
from tests.functional.pipeline import CANARY, REPOSITORY, Pipeline, Ran, azure_devops_of, pipeline_at
from tests.functional.proxy import proxy
from tests.functional.simulated_azure import SimulatedAzure

# msal's word on user names and passwords, which is ours, too: README, "How a connection signs in".
pytestmark = pytest.mark.filterwarnings("ignore:This API has been deprecated for public client flows")


@pytest.fixture(scope="module")
def base(azure: SimulatedAzure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops_of(azure, tmp_path_factory.mktemp("command") / "state.db") as address:
        yield address


@pytest.fixture
def pipeline(azure: SimulatedAzure, base: str, tmp_path: Path) -> Iterator[Pipeline]:
    with pipeline_at(azure, base, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def bystander(azure: SimulatedAzure, base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Shared by the tests that make nothing."""
    with pipeline_at(azure, base, tmp_path_factory.mktemp("bystander")) as made:
        yield made
        with pytest.warns(DeprecationWarning, match="public client flows"):
            assert made.names("--show", "all") == []


def created(pipeline: Pipeline, name: str = "sonar", *more: str) -> dict[str, Any]:
    place = ("--out", str(pipeline.file), "--json")
    ran = pipeline.run("create", name, "--scope", "vso.code", "--days", "30", *place, *more)
    assert ran.status == 0, ran.err
    return dict(ran.json)


def said(ran: Ran, status: int) -> str:
    assert ran.status == status, ran.out + ran.err
    assert ran.out == ""
    return ran.err


def test_a_token_through_its_life_by_processes_of_their_own(pipeline: Pipeline) -> None:
    file = str(pipeline.file)
    made = pipeline.process("create", "sonar", "--scope", "vso.code", "--days", "7", "--out", file, "--json")
    assert made.status == 0, made.err
    assert pipeline.file_opens()
    assert stat.S_IMODE(pipeline.file.stat().st_mode) == 0o600

    listed = pipeline.process("list")
    assert f"{made.json['authorization_id']}  {made.json['valid_to']}  sonar  [vso.code]\n" == listed.out
    shown = pipeline.process("show", "sonar", "--json")
    assert shown.json == {name: value for name, value in made.json.items() if name != "warnings"}
    changed = pipeline.process("update", made.json["authorization_id"], "--name", "sonar 2", "--scope", "vso.work")
    assert changed.status == 0, changed.err
    assert pipeline.names() == ["sonar 2"]

    assert pipeline.process("revoke", "sonar 2").status == 0
    assert (pipeline.names(), pipeline.file_opens()) == ([], False)


def test_it_imports_neither_azure_functions_nor_tables_and_no_sdk_before_it_is_needed() -> None:
    code = "import sys; from shared.tokens.command import commands; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert "shared.tokens.personal_access_tokens" in loaded
    assert not {"azure.functions", "azure.data.tables", "azure.core", "msal", "requests"} & loaded


def test_the_standard_output_has_the_value_and_nothing_else_for_whoever_says_so(pipeline: Pipeline) -> None:
    ran = pipeline.run("create", "sonar", "--scope", "vso.code", "--days", "7", "--out", "-")

    assert ran.status == 0, ran.err
    assert ran.out.count("\n") == 1
    assert pipeline.opens(ran.out.strip())
    assert "sonar" in ran.err


def test_key_vault_has_the_value_with_the_tags_of_the_bridge(pipeline: Pipeline, azure: SimulatedAzure) -> None:
    place = ("--key-vault", azure.vault, "--secret", f"sonar-{pipeline.organization.name}")
    ran = pipeline.run("create", "sonar", "--scope", "vso.code", "--days", "7", "--json", *place)

    assert ran.status == 0, ran.err
    found = vault(azure).newest(place[3])
    assert found
    assert pipeline.opens(found.value)
    assert (found.tags["authorization-id"], found.id) == (ran.json["authorization_id"], ran.json["version"])


def vault(azure: SimulatedAzure) -> Vault:
    return Vault(azure.vault, ManagedIdentityCredential)


def test_the_application_opens_key_vault_with_its_client_secret(pipeline: Pipeline, azure: SimulatedAzure) -> None:
    secret = f"{CANARY}client-secret"
    azure.directory.change(pipeline.client_id, {"secret": secret, "public": False})
    place = ("--key-vault", azure.vault, "--secret", f"sonar-{pipeline.organization.name}")
    create = ("create", "sonar", "--scope", "vso.code", "--days", "7", *place)

    assert "Key Vault does not let this app" in said(pipeline.run(*create, AZURE_CLIENT_SECRET=secret), 2)
    assert "gave no token for Key Vault" in said(
        pipeline.run(*create, AZURE_CLIENT_SECRET="wrong", AZURE_REFRESH_TOKEN="x"), 1
    )
    grant(azure, pipeline.client_id, "get", "set")
    assert pipeline.run(*create, AZURE_CLIENT_SECRET=secret).status == 0


def grant(azure: SimulatedAzure, client_id: str, *rights: str) -> None:
    answer = azure.ask("PUT", f"{azure.vault}/_simulator/rights/{client_id}", json={"secrets": list(rights)})
    assert answer.ok


def test_a_secret_of_somebody_else_is_not_replaced_unless_that_is_said(
    pipeline: Pipeline, azure: SimulatedAzure
) -> None:
    name = f"sonar-{pipeline.organization.name}"
    vault(azure).set(name, "another program's password")
    create = ("create", "sonar", "--scope", "vso.code", "--days", "7", "--key-vault", azure.vault, "--secret", name)

    assert "replace_secret" in said(pipeline.run(*create), 1)
    assert pipeline.names() == []
    assert pipeline.run(*create, "--replace-secret").status == 0


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "no folder"])
def test_a_file_that_is_none_is_refused_before_anything_is_made(pipeline: Pipeline, kind: str) -> None:
    target = pipeline.folder / "target"
    target.write_text("mine")
    if kind == "link":
        pipeline.file.symlink_to(target)
    elif kind == "folder":
        pipeline.file.mkdir()
    elif kind == "pipe":
        os.mkfifo(pipeline.file)
    file = pipeline.file / "not" / "there" if kind == "no folder" else pipeline.file

    ran = pipeline.run("create", "sonar", "--scope", "vso.code", "--days", "7", "--out", str(file))

    assert "cannot be used" in said(ran, 2)
    assert (target.read_text(), pipeline.names("--show", "all")) == ("mine", [])


def test_what_a_dead_process_left_beside_the_file_is_gone_with_the_next_write(pipeline: Pipeline) -> None:
    (pipeline.folder / ".token.new").write_text("half a token")

    created(pipeline)

    assert [one.name for one in pipeline.folder.iterdir()] == ["token"]


def test_a_name_that_several_have_is_not_guessed(pipeline: Pipeline) -> None:
    first, second = created(pipeline), created(pipeline)

    words = said(pipeline.run("revoke", "sonar"), 1)

    assert first["authorization_id"] in words
    assert second["authorization_id"] in words
    assert len(pipeline.names()) == 2


def test_what_is_not_there_is_told(bystander: Pipeline) -> None:
    assert "no active token sonar" in said(bystander.run("show", "sonar"), 1)
    unknown = "11111111-2222-3333-4444-555555555555"
    assert "no such personal access token" in said(bystander.run("revoke", unknown), 1)


CREATE = ("create", "sonar", "--scope", "vso.code", "--days", "7", "--out", "/nowhere/token")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "sonar", "--days", "7", "--out", "-"), "needs scopes"),
        (("create", "sonar", "--scope", "vso.all", "--days", "7", "--out", "-"), "is not a scope"),
        (("create", "sonar", "--scope", "vso.code", "--days", "7"), "one of the arguments --out"),
        (("create", "sonar", "--scope", "vso.code", "--days", "0", "--out", "-"), "whole number from 1 to 365"),
        (("create", "sonar", "--scope", "vso.code", "--until", "soon", "--out", "-"), "/valid_to"),
        (("create", "sonar", "--scope", "vso.code", "--until", "2020-01-01T00:00:00Z", "--out", "-"), "over already"),
        (("create", "sonar", "--scope", "vso.code", "--days", "7", "--key-vault", "https://v"), "go together"),
        (("create", "s", "--scope", "vso.code", "--days", "7", "--key-vault", "http://v", "--secret", "s"), "https://"),
        (("create", "s", "--scope", "vso.code", "--days", "7", "--key-vault", "https://v", "--secret", "connection-x"),
         "connection-"),
        (("create", "s", "--scope", "vso.code", "--days", "7", "--out", "-", "--json"), "leave --json out"),
        (("create", "s", "--scope", "vso.code", "--days", "7", "--kubernetes-secret", "a/b", "token"),
         "inside a cluster only"),
        (("rotate", "sonar", "--scope", "vso.code", "--days", "7", "--out", "-"), "able to read the value again"),
        (("rotate", "sonar", "--out", "TOKEN"), "say --scope and --days"),
        (("update", "sonar"), "changes nothing"),
        (("list", "--show", "some"), "invalid choice"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_and_makes_nothing(
    bystander: Pipeline, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    ran = bystander.run(*[str(bystander.file) if part == "TOKEN" else part for part in arguments])

    assert ran.status == 2, ran.err
    assert words in ran.err + capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"AZURE_DEVOPS_ORG": ""}, "AZURE_DEVOPS_ORG is not set"),
        ({"AZURE_DEVOPS_ORG": "https://elsewhere.example/contoso"}, "AZURE_DEVOPS_ORG is not the name"),
        ({"AZURE_TENANT_ID": "a b"}, "AZURE_TENANT_ID cannot be used"),
        ({"AZURE_CLIENT_ID": "x"}, "AZURE_CLIENT_ID cannot be used"),
        ({"AZURE_PASSWORD": ""}, "AZURE_PASSWORD is not set, nor is one of AZURE_REFRESH_TOKEN"),
        ({"AZURE_REFRESH_TOKEN": "x", "AZURE_REFRESH_TOKEN_FILE": "y"}, "are both set"),
        ({"AZURE_REFRESH_TOKEN_SECRET": "https://vault.example/keys/x"}, "AZURE_REFRESH_TOKEN_SECRET is not"),
        ({"REQUESTS_CA_BUNDLE": "/not/there.pem"}, "REQUESTS_CA_BUNDLE is not a file"),
        ({"REQUESTS_CA_BUNDLE": __file__}, "REQUESTS_CA_BUNDLE is not a file"),
    ],
)
def test_a_wrong_environment_is_told_by_its_names(bystander: Pipeline, given: dict[str, str], words: str) -> None:
    assert words in said(bystander.run("list", **given), 2)


def test_an_organisation_may_be_given_by_its_address(bystander: Pipeline) -> None:
    address = f"{bystander.organization.base}/{bystander.organization.name}/"

    assert bystander.run("list", AZURE_DEVOPS_ORG=address).status == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (50076, "Sign in once by device code"),
        (53003, "conditional access"),
        (50126, "Set AZURE_USERNAME and AZURE_PASSWORD"),
        (50055, "set AZURE_PASSWORD to the new one"),
        (50053, "locked"),
        (7000222, "Set AZURE_CLIENT_SECRET"),
    ],
)
def test_why_the_user_is_not_signed_in_and_what_to_do(pipeline: Pipeline, code: int, words: str) -> None:
    wanted = {"principal": pipeline.user_name, "code": code, "times": -1}
    assert pipeline.azure.ask("POST", f"{pipeline.azure.login}/_simulator/refusals", json=wanted).ok

    words_said = said(pipeline.run("list"), 1)

    assert words in words_said
    assert "connection" not in words_said  # there are none here


def test_who_is_no_member_or_no_user_is_told(bystander: Pipeline) -> None:
    assert "AADSTS50034" in said(bystander.run("list", AZURE_USERNAME="nobody@contoso.example"), 1)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"refuses": ["disablePatCreationPolicyViolation"]}, "allow list"),
        ({"lifespan_days": 3, "over": "refuse"}, "earlier end"),
    ],
)
def test_a_policy_that_forbids_it_is_named(pipeline: Pipeline, policy: dict[str, Any], words: str) -> None:
    pipeline.policy(**policy)
    place = ("--scope", "vso.code", "--days", "30", "--out", str(pipeline.file))

    assert words in said(pipeline.run("create", "sonar", *place), 1)
    assert words in said(pipeline.run("rotate", "sonar", *place), 1)
    assert not pipeline.file.exists()


def test_a_life_that_a_policy_cuts_short_is_told(pipeline: Pipeline) -> None:
    pipeline.policy(lifespan_days=3, over="clamp")

    assert "granted it until" in created(pipeline)["warnings"][0]


def test_what_does_not_answer_is_to_be_tried_later(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.fault("POST _apis/tokens/pats", "drop_after")
    assert "Look for “sonar”" in said(pipeline.run("create", "sonar", *CREATE[2:6], "--out", str(pipeline.file)), 3)

    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary-of-a-proxy@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    assert "could not be reached" in said(pipeline.run("list"), 3)


def test_an_authority_that_nobody_vouches_for(bystander: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")

    assert "set REQUESTS_CA_BUNDLE" in said(bystander.run("list"), 3)


def test_it_goes_through_the_proxy(bystander: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "")
        assert bystander.run("list").status == 0

    assert set(between.asked) == {bystander.azure.login.removeprefix("https://")}


def test_a_person_signs_in_once_and_the_refresh_token_is_renewed_where_it_is_kept(pipeline: Pipeline) -> None:
    pipeline.azure.directory.change(pipeline.user_name, {"mfa": True, "single_use_refresh_tokens": True})
    kept = pipeline.folder / "sign-in"
    with pipeline.start("sign-in", "--out", str(kept), AZURE_USERNAME="", AZURE_PASSWORD="") as running:
        assert running.stderr
        line = running.stderr.readline()
        answer = {"user_name": pipeline.user_name}
        code = line.rsplit(maxsplit=1)[-1]
        assert pipeline.azure.ask("POST", f"{pipeline.azure.login}/_simulator/device-codes/{code}", json=answer).ok
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out.startswith("Signed in as ")) == (0, True), err
    first = kept.read_text()
    assert first.startswith(CANARY)
    assert CANARY not in out + err + line

    for _ in range(2):
        assert pipeline.run("list", AZURE_PASSWORD="", AZURE_REFRESH_TOKEN_FILE=str(kept)).status == 0
    assert kept.read_text() != first
    assert "Sign in again: python -m shared.tokens" in said(pipeline.run("list", AZURE_REFRESH_TOKEN=first), 1)


def test_a_refresh_token_that_is_not_there_yet(pipeline: Pipeline, azure: SimulatedAzure) -> None:
    for kept in (
        {"AZURE_REFRESH_TOKEN_FILE": str(pipeline.file)},
        {"AZURE_REFRESH_TOKEN_SECRET": f"{azure.vault}/secrets/not-there"},
    ):
        assert "Sign in: python -m shared.tokens sign-in" in said(pipeline.run("list", **kept), 1)


def test_a_refresh_token_in_key_vault_is_renewed_there(pipeline: Pipeline, azure: SimulatedAzure) -> None:
    name = f"sign-in-{pipeline.organization.name}"
    sign_in(pipeline, "--key-vault", azure.vault, "--secret", name)
    first = vault(azure).get(name)

    assert pipeline.run("list", AZURE_REFRESH_TOKEN_SECRET=f"{azure.vault}/secrets/{name}").status == 0

    assert vault(azure).get(name) != first


def sign_in(pipeline: Pipeline, *place: str) -> None:
    def approved(line: str) -> None:
        code = line.rsplit(maxsplit=1)[-1]
        url = f"{pipeline.azure.login}/_simulator/device-codes/{code}"
        assert pipeline.azure.ask("POST", url, json={"user_name": pipeline.user_name}).ok

    err = _Told(approved)
    assert main(("sign-in", *place), pipeline.environment(), io.StringIO(), err) == 0, err.getvalue()


class _Told(io.StringIO):
    """What the person reads, who acts on the first line of it."""

    def __init__(self, act: Callable[[str], None]) -> None:
        super().__init__()
        self._act: Callable[[str], None] | None = act

    def write(self, text: str) -> int:
        if self._act:
            act, self._act = self._act, None
            act(text)
        return super().write(text)


def test_who_declines_the_sign_in_is_told(pipeline: Pipeline) -> None:
    def declined(line: str) -> None:
        code = line.rsplit(maxsplit=1)[-1]
        pipeline.azure.ask("POST", f"{pipeline.azure.login}/_simulator/device-codes/{code}", json={"declined": True})

    err = _Told(declined)

    assert main(("sign-in", "--out", str(pipeline.file)), pipeline.environment(), io.StringIO(), err) == 1
    assert "declined" in err.getvalue()
    assert not pipeline.file.exists()
