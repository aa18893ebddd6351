"""`make smoke` without a socket: what it is asked, and what its verdicts come to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from local.smoke import facts, report
from local.smoke.facts import FACTS, Fact, Verdict
from local.smoke.options import Options, OptionsError
from local.smoke.run import Run
from local.smoke.wire import Wire
from shared.azure_devops.organisation import Organisation

REPOSITORY = Path(__file__).parents[2]
CANARY = "canary" * 10
PRINCIPAL = {
    "AZURE_TENANT_ID": "contoso.example",
    "AZURE_CLIENT_ID": "3f0a1d6e-91c2-4a55-8d37-5b6c7d8e9f01",
    "AZURE_CLIENT_SECRET": CANARY,
}


def given(**more: str) -> dict[str, str]:
    return {"ORGANISATION": "https://dev.azure.com/contoso", "PROJECT": "smoke-test", **more}


@pytest.fixture
def run() -> Run:
    with requests.Session() as session:
        organisation = Organisation("https://dev.azure.com/contoso", session, lambda _: "", seconds=1)
        return Run(Options.read(given()), session, organisation, organisation, Wire(), lambda _: None)


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({"AZURE_DEVOPS_PAT": CANARY}, "personal access token"),
        ({"AZURE_DEVOPS_PAT": CANARY, **PRINCIPAL}, "personal access token"),
        (PRINCIPAL, "service principal"),
        ({"IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token"}, "managed identity"),
        ({}, "Azure CLI (az login)"),
    ],
)
def test_the_credential_is_the_first_that_is_given(environment: dict[str, str], way: str) -> None:
    options = Options.read(given(**environment))

    assert options.signs_in_by == way
    assert CANARY not in repr(options)


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"ORGANISATION": "https://evil.example/contoso"}, "ORGANISATION"),
        ({"ORGANISATION": "https://dev.azure.com/"}, "ORGANISATION"),
        ({"ORGANISATION": "https://dev.azure.com/contoso/project"}, "ORGANISATION"),
        ({"ORGANISATION": "https://dev.azure.com.evil.example/contoso"}, "ORGANISATION"),
        ({"AZURE_DEVOPS_PAT": f"{CANARY} with a blank"}, "AZURE_DEVOPS_PAT"),
        ({**PRINCIPAL, "AZURE_CLIENT_ID": ""}, "AZURE_CLIENT_ID"),
        ({**PRINCIPAL, "AZURE_CLIENT_ID": "no id"}, "client_id"),
        ({**PRINCIPAL, "AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": "/nowhere"}, "/nowhere"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_shown(environment: dict[str, str], word: str) -> None:
    with pytest.raises(OptionsError, match=word) as refused:
        Options.read(given(**environment))

    assert "canary" not in str(refused.value)


def test_who_relies_on_a_fact_exists() -> None:
    modules = {fact.relied_on_by for fact in FACTS} - {""}

    assert modules
    assert [module for module in modules if not (REPOSITORY / f"{module}.py").is_file()] == []


def all_hold(run: Run) -> None:
    for fact in FACTS:
        run.settle(fact, "seen", holds=True)


def fails(fact: Fact) -> Callable[[Run], None]:
    return lambda run: run.settle(fact, "seen otherwise", holds=False)


def unseen(fact: Fact) -> Callable[[Run], None]:
    return lambda run: run.settled.__delitem__(fact)


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (fails(facts.DELETE_REVISION), False),
        (unseen(facts.DELETE_REVISION), False),
        (fails(facts.BATCH_INDEPENDENT), True),
        (unseen(facts.MARKDOWN), True),
        (unseen(facts.HOOK_SENT), True),
        (fails(facts.HOOK_SENT), False),
    ],
)
def test_only_what_is_relied_on_decides(run: Run, change: Callable[[Run], None], holds: Any) -> None:
    all_hold(run)
    assert report.all_relied_on_hold(run)

    change(run)

    assert report.all_relied_on_hold(run) is holds


def test_what_once_did_not_hold_does_not_hold(run: Run) -> None:
    for holds in (True, False, True):
        run.settle(facts.OMITTED, str(holds), holds=holds)

    assert report.verdict(run, facts.OMITTED) == (Verdict.FAILS, "False")
