"""Each verdict of `make smoke` can be the other one: a service that differs is told, and nothing is left in it."""

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from local.smoke import __main__ as program
from shared.azure_devops.organisation import new_session
from tests.functional.simulated_azure_devops import simulator
from tests.functional.smoke_administrator import Administrator, administrator_at

type Change = Callable[[Any, requests.Response], None]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with simulator(tmp_path_factory.mktemp("smoke") / "state.db") as address:
        yield address


@pytest.fixture
def administrator(base: str) -> Iterator[Administrator]:
    with administrator_at(base) as made:
        yield made


class Raw(io.BytesIO):
    """What is left of a response whose body was changed."""

    def read1(self, size: int | None = -1, *, decode_content: bool = False) -> bytes:
        del decode_content
        return super().read1(size)


def otherwise(monkeypatch: pytest.MonkeyPatch, match: str, change: Change) -> None:
    """Let the answers to some requests come back changed."""

    def answer(response: requests.Response, *_arguments: Any, **_options: Any) -> None:
        asked = f"{response.request.method} {response.url.partition('?')[0]}"
        if re.search(match, asked) and response.content:
            body = json.loads(response.content)
            change(body, response)
            response.raw = Raw(json.dumps(body).encode())

    def session() -> requests.Session:
        made = new_session()
        made.hooks["response"].append(answer)
        return made

    monkeypatch.setattr(program, "new_session", session)


def status(code: int) -> Change:
    return lambda _, response: setattr(response, "status_code", code)


def header(name: str, value: str) -> Change:
    return lambda _, response: response.headers.update({name: value})


def changed(act: Callable[[Any], Any], *, ok: bool = True) -> Change:
    """Change the body of successes, or of refusals."""
    return lambda body, response: act(body) if response.ok is ok else None


def raised(body: Any) -> None:
    body["rev"] += 1


def show_password(body: Any, response: requests.Response) -> None:
    sent = json.loads(response.request.body or "{}")
    body["consumerInputs"]["basicAuthPassword"] = sent["consumerInputs"]["basicAuthPassword"]


def refuse_first(body: Any) -> None:
    body["value"][0] |= {"code": 400, "body": json.dumps({"message": "TF401320: refused, it says"})}


def without_links(body: Any) -> None:
    for item in filter(None, body["value"]):
        item.pop("relations", None)


def with_missing(body: Any) -> None:
    """An item for each number asked for, as though none were missing."""
    found = next((item for item in body["value"] if item), None)
    if found:
        body["value"] += [found | {"id": 2_000_000_000}]


NEW = r"POST .*/workitems/\$"
ITEM = r"PATCH .*/workitems/\d+$"
ENTRY = r"GET .*/recyclebin/\d+$"
MANY = r"POST .*/workitemsbatch$"

DEVIATIONS: list[tuple[str, str, Change]] = [
    ("A project that does not exist", r"GET .*/projects/azure-devops-bridge-smoke", status(403)),
    ("The API of personal access tokens refuses", "GET .*/tokens/pats$", status(404)),
    ("Every state has a category", r"/states$", changed(lambda body: body["value"][0].update(category=""))),
    ("A rule's refusal is", NEW, changed(lambda body: body.pop("customProperties", None), ok=False)),
    ("A create answers with", NEW, changed(lambda body: body.pop("relations", None))),
    (
        "connectionData names us",
        "/connectionData$",
        changed(lambda body: body["authenticatedUser"].update(providerDisplayName="Somebody")),
    ),
    ("$batch answers every entry", r"/\$batch$", changed(lambda body: body["value"][1].update(body="{}"))),
    ("What $batch says", r"/\$batch$", changed(refuse_first)),
    ("A query finds a new work item", "/wiql$", changed(lambda body: body["workItems"].clear())),
    ("The feed of revisions has", "/workitemrevisions$", changed(lambda body: body["values"].clear())),
    ("The feed of revisions tells", "/workitemrevisions$", changed(lambda body: body["values"].clear())),
    ("workitemsbatch leaves out what does not exist", MANY, changed(with_missing)),
    ("workitemsbatch shows the hyperlink", MANY, changed(without_links)),
    ("A patch raises the revision", ITEM, changed(raised)),
    ("A patch with a stale", ITEM, lambda _, response: status(400)(_, response) if not response.ok else None),
    ("Markdown (multilineFieldsFormat)", ITEM, changed(lambda body: body.pop("multilineFieldsFormat", None))),
    ("A deletion raises", ENTRY, changed(lambda body: raised(body["resource"]))),
    ("A restoration raises", ENTRY, changed(lambda body: raised(body["resource"]))),
    ("The recycle bin of the project", "GET .*/recyclebin$", changed(lambda body: body["value"].clear())),
    (
        "An entry of the recycle bin has",
        ENTRY,
        changed(lambda body: body["resource"]["fields"].pop("System.CreatedDate")),
    ),
    (
        "An entry of the recycle bin still names",
        ENTRY,
        changed(
            lambda body: body["resource"].update(relations=[]) or body["resource"]["fields"].pop("System.Description")
        ),
    ),
    ("The hyperlink is still there", MANY, changed(without_links)),
    (
        "The web hook takes",
        "/consumers/webHooks$",
        changed(lambda body: body["actions"][0]["inputDescriptors"].clear()),
    ),
    ("This identity may subscribe", "POST .*/subscriptions$", status(403)),
    (
        "A listed subscription says",
        "GET .*/subscriptions$",
        changed(lambda body: [hook["publisherInputs"].pop("tag", None) for hook in body["value"]]),
    ),
    ("The password of a subscription", "POST .*/subscriptions$", show_password),
    ("Rate-limit headers", "/wiql$", header("X-RateLimit-Remaining", "17")),
]


@pytest.mark.parametrize(("claim", "match", "change"), DEVIATIONS, ids=[claim for claim, _, _ in DEVIATIONS])
def test_a_service_that_differs_is_seen(
    administrator: Administrator, monkeypatch: pytest.MonkeyPatch, claim: str, match: str, change: Change
) -> None:
    otherwise(monkeypatch, match, change)

    code = administrator.run()

    found = administrator.verdict(claim)
    assert found.startswith("DOES NOT HOLD"), administrator.output
    assert code == (1 if "relied upon by" in found else 0)
    assert administrator.left() == ([], [])
