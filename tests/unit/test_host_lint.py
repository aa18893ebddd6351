"""Refusals at start that Microsoft's runtime does not make: each names the function and what to do."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from local.host.bindings import (
    Function,
    HttpTrigger,
    QueueOutput,
    QueueTrigger,
    TimerTrigger,
    Trigger,
    read_functions,
)
from local.host.lint import lint

SETTINGS = {"Storage": "UseDevelopmentStorage=true"}


def function(trigger: Trigger, *, name: str = "it", **fields: Any) -> Function:
    return Function(name, name, trigger, **fields)


def route(text: str, *methods: str) -> HttpTrigger:
    return HttpTrigger("req", text, frozenset(methods), "FUNCTION")


def problems(*functions: Function, settings: dict[str, str] | None = None) -> list[str]:
    return lint(functions, "api", SETTINGS if settings is None else settings)


def test_nothing_is_wrong_with_a_right_app() -> None:
    assert (
        problems(
            function(TimerTrigger("timer", "0 0 * * * *")),
            function(QueueTrigger("msg", "work-items", "Storage"), outputs=(QueueOutput("o", "out-1", "Storage"),)),
            function(route("a/{id}", "GET"), name="one"),
            function(route("a/{id}", "PUT"), name="two"),
            function(route("a/{id:int}", "GET"), name="three"),
        )
        == []
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (function(TimerTrigger("timer", "every day")), "schedule 'every day'"),
        (function(QueueTrigger("msg", "Work", "Storage")), "'Work' is no legal queue name"),
        (function(QueueTrigger("msg", "wo", "Storage")), "'wo' is no legal queue name"),
        (function(QueueTrigger("msg", "w--k", "Storage")), "'w--k' is no legal queue name"),
        (function(QueueTrigger("msg", "work-", "Storage")), "'work-' is no legal queue name"),
        (function(QueueTrigger("msg", "w" * 64, "Storage")), "is no legal queue name"),
        (function(QueueTrigger("msg", "work", "Other")), "connection Other is not set"),
        (
            function(route("x"), outputs=(QueueOutput("o", "no_t", "Storage"),)),
            "'no_t' is no legal queue name",
        ),
        (function(route("x"), outputs=(QueueOutput("o", "out", "Other"),)), "connection Other is not set"),
        (function(QueueTrigger("msg", "work", "Storage"), has_retry_policy=True), "has no retry policy"),
        (function(TimerTrigger("timer", "0 0 * * * *"), has_retry_policy=True), "remove @app.retry"),
        (function(route("Admin/x")), "host's own"),
        (function(route("{id:nothing}")), "unknown constraint"),
        (function(route("{id")), "without its partner"),
    ],
)
def test_one_problem(wrong: Function, words: str) -> None:
    found = problems(wrong)

    assert len(found) == 1
    assert found[0].startswith("it: ")
    assert words in found[0]


@pytest.mark.parametrize("name", ["host", "Host", "_it", "1st", "x" * 129])
def test_an_illegal_name(name: str) -> None:
    found = problems(function(route("x"), name=name))

    assert found == [f"{name}: a name begins with a letter, has letters, digits, _ and -, and is not host"]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (route("a/{id}", "GET"), route("A/{other}", "GET", "PUT")),
        (route("a"), route("a", "GET")),
        (route("a"), route("a")),
    ],
)
def test_two_functions_with_one_route_and_method(one: HttpTrigger, two: HttpTrigger) -> None:
    found = problems(function(one, name="first"), function(two, name="second"))

    assert len(found) == 1
    assert "first" in found[0]
    assert "second" in found[0]


@pytest.mark.parametrize(
    "settings",
    [
        {"Storage__queueServiceUri": "https://account.queue.core.windows.net"},
        {"Storage__serviceUri": "https://account.queue.core.windows.net"},
        {"Storage__accountName": "account"},
        {"AzureWebJobsStorage": "UseDevelopmentStorage=true"},
    ],
)
def test_a_connection_may_be_an_identity(settings: dict[str, str]) -> None:
    queue = function(QueueTrigger("msg", "work", "Storage"))

    assert problems(queue, settings=settings) == []
    assert problems(queue, settings=dict.fromkeys(settings, "")) != []


def read(*bindings: dict[str, Any], settings: dict[str, str] | None = None) -> tuple[list[Function], list[str]]:
    found: list[str] = []
    raw = [json.dumps(binding) for binding in bindings]
    metadata = SimpleNamespace(name="it", function_id="1", raw_bindings=raw, retry_options=None)
    return list(read_functions([metadata], settings or {}, found)), found


def test_binding_expressions_are_settings() -> None:
    functions, found = read(
        {"type": "queueTrigger", "name": "msg", "queueName": "%PREFIX%-work-%N%", "connection": "Storage"},
        settings={"PREFIX": "test", "N": "1"},
    )

    assert found == []
    assert functions[0].trigger == QueueTrigger("msg", "test-work-1", "Storage")


@pytest.mark.parametrize(
    "binding",
    [
        {"type": "queueTrigger", "name": "msg", "queueName": "%MISSING%", "connection": "Storage"},
        {"type": "timerTrigger", "name": "timer", "schedule": "%MISSING%"},
        {"type": "httpTrigger", "name": "req", "route": "a/%MISSING%"},
        {"type": "queue", "name": "out", "queueName": "%MISSING%", "connection": "Storage"},
    ],
)
def test_a_binding_expression_without_its_setting(binding: dict[str, Any]) -> None:
    functions, found = read(binding)

    assert functions == []
    assert found == ["it: %MISSING% is used, but there is no setting MISSING; add it"]


def test_a_trigger_that_this_host_does_not_have() -> None:
    functions, found = read({"type": "blobTrigger", "name": "blob", "path": "x"})

    assert functions == []
    assert "it: this host has no blobTrigger" in found[0]


def test_a_route_that_is_not_named_is_the_name_of_the_function() -> None:
    functions, _ = read({"type": "httpTrigger", "name": "req"})

    assert functions[0].trigger == HttpTrigger("req", "it", frozenset(), "FUNCTION")
