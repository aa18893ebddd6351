"""Route templates: what matches, with which parameters, and which of several functions answers."""

import pytest

from local.host.bindings import Function, HttpTrigger
from local.host.routes import build_routes, find
from local.host.templates import TemplateError, parse

GUID = "0b6e1d8a-5f0e-4c55-9a54-0a8ddc1b8f3c"

MATCHES = [
    ("tickets", "tickets", {}),
    ("tickets", "tickets/", {}),
    ("Tickets/All", "tIckets/aLL", {}),
    ("tickets/{id}", "tickets/A-1", {"id": "A-1"}),
    ("tickets/{id}/retry", "tickets/A-1/retry", {"id": "A-1"}),
    ("files/{name}.{ext}", "files/a.b.c", {"name": "a.b", "ext": "c"}),
    ("v{version:int}/x", "v12/x", {"version": "12"}),
    ("tickets/{id:int}", "tickets/-12", {"id": "-12"}),
    ("tickets/{id:long}", "tickets/3000000000", {"id": "3000000000"}),
    ("tickets/{id:guid}", f"tickets/{GUID}", {"id": GUID}),
    ("tickets/{id:guid}", f"tickets/{GUID.replace('-', '')}", {"id": GUID.replace("-", "")}),
    ("tickets/{id:alpha}", "tickets/abcXYZ", {"id": "abcXYZ"}),
    ("tickets/{id:bool}", "tickets/TRUE", {"id": "TRUE"}),
    ("tickets/{id:double}", "tickets/1.5e3", {"id": "1.5e3"}),
    ("tickets/{id:length(3)}", "tickets/abc", {"id": "abc"}),
    ("tickets/{id:length(2,3)}", "tickets/ab", {"id": "ab"}),
    ("tickets/{id:minlength(2)}", "tickets/ab", {"id": "ab"}),
    ("tickets/{id:maxlength(2)}", "tickets/ab", {"id": "ab"}),
    ("tickets/{id:min(5)}", "tickets/5", {"id": "5"}),
    ("tickets/{id:max(5)}", "tickets/5", {"id": "5"}),
    ("tickets/{id:range(5,7)}", "tickets/7", {"id": "7"}),
    ("tickets/{id:int:min(5)}", "tickets/5", {"id": "5"}),
    (r"tickets/{id:regex(^[a-z]{{2}}/?\d$)}", "tickets/AB1", {"id": "AB1"}),
    ("tickets/{id:regex(^a:b$)}", "tickets/a:b", {"id": "a:b"}),
    ("tickets/{id?}", "tickets", {}),
    ("tickets/{id?}", "tickets/", {}),
    ("tickets/{id?}", "tickets/1", {"id": "1"}),
    ("tickets/{id:int?}", "tickets/1", {"id": "1"}),
    ("{id?}", "", {}),
    ("files/{*rest}", "files", {}),
    ("files/{*rest}", "files/a/b c", {"rest": "a/b c"}),
    ("{*rest}", "a/b", {"rest": "a/b"}),
    ("{{literal}}", "{literal}", {}),
    ("", "", {}),
]

NO_MATCHES = [
    ("tickets", "ticket"),
    ("tickets", "tickets/1"),
    ("tickets/{id}", "tickets"),
    ("tickets/{id}", "tickets/1/2"),
    ("tickets/{id:int}", "tickets/x"),
    ("tickets/{id:int}", "tickets/2147483648"),
    ("tickets/{id:int}", "tickets/1.0"),
    ("tickets/{id:guid}", "tickets/1"),
    ("tickets/{id:guid}", f"tickets/urn:uuid:{GUID}"),
    ("tickets/{id:alpha}", "tickets/a1"),
    ("tickets/{id:bool}", "tickets/yes"),
    ("tickets/{id:double}", "tickets/x"),
    ("tickets/{id:length(3)}", "tickets/ab"),
    ("tickets/{id:length(2,3)}", "tickets/abcd"),
    ("tickets/{id:minlength(2)}", "tickets/a"),
    ("tickets/{id:maxlength(2)}", "tickets/abc"),
    ("tickets/{id:min(5)}", "tickets/4"),
    ("tickets/{id:min(5)}", "tickets/x"),
    ("tickets/{id:max(5)}", "tickets/6"),
    ("tickets/{id:range(5,7)}", "tickets/8"),
    ("tickets/{id:int:min(5)}", "tickets/4"),
    (r"tickets/{id:regex(^\d+$)}", "tickets/a"),
    ("tickets/{id:int?}", "tickets/x"),
    ("files/{*rest}", "filesystem"),
    ("a.b", "axb"),
]

MALFORMED = [
    "tickets/{id",
    "tickets/id}",
    "tickets/{}",
    "tickets/{id:int}{other}",
    "tickets/{id:float(3)}",
    "tickets/{id:unknown}",
    "tickets/{id:length(x)}",
    "tickets/{id:length(3,2)}",
    "tickets/{id:regex([)}",
    "tickets/{id=1}",
    "tickets/{id?}/more",
    "files/{*rest}/more",
    "files/x{*rest}",
    "{id}/{ID}",
    "tickets//all",
]


@pytest.mark.parametrize(("template", "path", "parameters"), MATCHES)
def test_a_path_that_matches(template: str, path: str, parameters: dict[str, str]) -> None:
    assert parse(template).match(path) == parameters


@pytest.mark.parametrize(("template", "path"), NO_MATCHES)
def test_a_path_that_does_not_match(template: str, path: str) -> None:
    assert parse(template).match(path) is None


@pytest.mark.parametrize("template", MALFORMED)
def test_a_malformed_template(template: str) -> None:
    with pytest.raises(TemplateError):
        parse(template)


def function(name: str, route: str, *methods: str) -> Function:
    return Function(name, name, HttpTrigger("req", route, frozenset(methods), "ANONYMOUS"))


def answering(functions: list[Function], method: str, path: str, prefix: str = "api") -> str | None:
    found = find(build_routes(functions, prefix), method, path)
    return found[0].function.name if found else None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/a/new", "literal"),
        ("/api/a/7", "constrained"),
        ("/api/a/other", "parameter"),
        ("/api/a/b/c", "rest"),
        ("/api/b/x", "constrained_rest"),
        ("/api/b/xyz", None),
    ],
)
def test_the_most_specific_route_wins_whatever_the_order(path: str, name: str | None) -> None:
    functions = [
        function("rest", "a/{*rest}"),
        function("constrained_rest", "b/{*rest:maxlength(2)}"),
        function("parameter", "a/{id}"),
        function("constrained", "a/{id:int}"),
        function("literal", "a/new"),
    ]

    assert answering(functions, "GET", path) == name
    assert answering(functions[::-1], "GET", path) == name


def test_a_known_path_with_another_method_is_not_found() -> None:
    functions = [function("read", "a", "GET")]

    assert answering(functions, "GET", "/api/a") == "read"
    assert answering(functions, "POST", "/api/a") is None
    assert answering(functions, "HEAD", "/api/a") is None


def test_a_less_specific_route_takes_the_methods_that_the_other_does_not() -> None:
    functions = [function("importing", "tickets/import", "POST"), function("reading", "tickets/{id}", "GET")]

    assert answering(functions, "POST", "/api/tickets/import") == "importing"
    assert answering(functions, "GET", "/api/tickets/import") == "reading"


def test_no_methods_means_every_method() -> None:
    assert answering([function("any", "a")], "PROPFIND", "/api/a") == "any"


@pytest.mark.parametrize(("prefix", "path"), [("", "/a"), ("api/v1", "/api/v1/a")])
def test_the_prefix_of_host_json(prefix: str, path: str) -> None:
    assert answering([function("it", "a")], "GET", path, prefix) == "it"
    assert answering([function("it", "a")], "GET", "/other/a", prefix) is None


def test_parameters_are_decoded_but_an_encoded_slash_separates_nothing() -> None:
    found = find(build_routes([function("it", "a/{id}")], "api"), "GET", "/api/a/x%20%C3%A9%2Fy%2fz")

    assert found is not None
    assert found[1] == {"id": "x é%2Fy%2Fz"}
