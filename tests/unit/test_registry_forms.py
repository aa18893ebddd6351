"""In which form a registry is answered, and to whom it is nothing new."""

from types import SimpleNamespace

import azure.functions as func
import pytest

from shared.errors import RejectedRequestError
from shared.triggers import http_registries
from shared.triggers.http_registries import _form, _is_known


def request(accept: str = "", **params: str) -> func.HttpRequest:
    return func.HttpRequest("GET", "/api/x", headers={"Accept": accept}, params=params, body=b"")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("Image/SVG+XML", "svg"),
        ("text/plain", "mermaid"),
        ("text/vnd.mermaid, */*;q=0.1", "mermaid"),
        ("text/html, image/svg+xml;q=0.9, */*;q=0.1", "svg"),
        ("application/json;q=0.2, image/svg+xml;q=0.8", "svg"),
        ("image/svg+xml;q=0, application/json", "json"),
        ("image/svg+xml;q=nonsense, application/json;q=0.1", "json"),
    ],
)
def test_the_dearest_form_that_is_ours_is_taken(accept: str, form: str) -> None:
    assert _form(request(accept)) == form


def test_the_query_has_the_last_word() -> None:
    assert _form(request("application/json", format="svg")) == "svg"
    with pytest.raises(RejectedRequestError) as refused:
        _form(request(format="png"))
    assert refused.value.problems[0].field == "format"


def test_who_accepts_none_of_them_is_told_which_there_are() -> None:
    with pytest.raises(RejectedRequestError) as refused:
        _form(request("text/html"))
    assert refused.value.status == 406
    assert "image/svg+xml" in refused.value.hint


@pytest.mark.parametrize("given", ['"a"', 'W/"a"', '"b", "a"'])
def test_a_tag_is_known_among_others_and_weakened(given: str) -> None:
    assert _is_known(func.HttpRequest("GET", "/", headers={"If-None-Match": given}, body=b""), '"a"')


@pytest.mark.parametrize("given", ["", '"ab"', "a", '"b"'])
def test_another_tag_is_not(given: str) -> None:
    assert not _is_known(func.HttpRequest("GET", "/", headers={"If-None-Match": given}, body=b""), '"a"')


def test_where_to_ask_again_names_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SimpleNamespace(settings=SimpleNamespace(public_url="https://bridge.example"))
    monkeypatch.setattr(http_registries, "services", settings)
    names = {"connection": "contoso", "project": "Web Shop", "repository": "shop"}
    asked = func.HttpRequest("GET", "/", params={"ref": "a/b", "code": "secret"}, route_params=names, body=b"")

    assert http_registries._address(asked) == (
        "https://bridge.example/api/connections/contoso/registries/Web%20Shop/shop?ref=a%2Fb"
    )
