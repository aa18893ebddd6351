"""What is refused at start: one message with every problem, exit code 1."""

import json
import socket
from pathlib import Path
from textwrap import dedent

import pytest

from tests.functional.host_process import launch

HOST_JSON = '{"version": "2.0"}'
HEAD = """\
import azure.functions as func
app = func.FunctionApp()
"""

EVERYTHING_WRONG = """
@app.timer_trigger(arg_name="timer", schedule="every day")
def daily(timer: func.TimerRequest) -> None: ...

@app.queue_trigger(arg_name="msg", queue_name="Work_Items", connection="Nowhere")
def work(msg: func.QueueMessage) -> None: ...

@app.queue_trigger(arg_name="msg", queue_name="%NOT_SET%", connection="Nowhere")
def more(msg: func.QueueMessage) -> None: ...

@app.queue_trigger(arg_name="msg", queue_name="again", connection="Storage")
@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:01")
def again(msg: func.QueueMessage) -> None: ...

@app.route(route="same/{id}", methods=["GET"])
def one(req: func.HttpRequest) -> str: return ""

@app.route(route="same/{other}", methods=["GET", "POST"])
def two(req: func.HttpRequest) -> str: return ""

@app.route(route="admin/users")
def three(req: func.HttpRequest) -> str: return ""

@app.blob_trigger(arg_name="blob", path="c/x", connection="Storage")
def four(blob: func.InputStream) -> None: ...
"""


def refusal(folder: Path, script: str | None, host_json: str | None = HOST_JSON, *arguments: str) -> list[str]:
    if script is not None:
        (folder / "function_app.py").write_text(HEAD + dedent(script))
    if host_json is not None:
        (folder / "host.json").write_text(host_json)
    with launch(folder, *arguments) as process:
        printed, errors = process.communicate(timeout=20)
    assert process.returncode == 1, errors
    assert printed == ""
    # Before it Microsoft's SDK may warn of what it found.
    _, heading, problems = errors.partition("The functions were not started:\n")
    assert heading, errors
    return [line.removeprefix("  - ") for line in problems.splitlines()]


def test_all_problems_at_once(tmp_path: Path) -> None:
    host_json = {"version": "2.0", "extensions": {"queues": {"batchSize": 33, "batchsize": 1}}}
    settings = tmp_path / "local.settings.json"
    settings.write_text('{"Values": {"Storage": "UseDevelopmentStorage=true", "N": 1}}')
    (tmp_path / "keys.json").write_text("{}")

    found = refusal(
        tmp_path,
        EVERYTHING_WRONG,
        json.dumps(host_json),
        *("--settings", str(settings), "--keys", str(tmp_path / "keys.json")),
    )

    beginnings = [
        "local.settings.json: the value of N must be a text",
        "host.json: extensions.queues.batchsize is unknown",
        "host.json: extensions.queues.batchSize must be a whole number from 1 to 32",
        "keys.json must be",
        "more: %NOT_SET% is used, but there is no setting NOT_SET",
        "four: this host has no blobTrigger",
        "daily: the schedule 'every day' is wrong",
        "work: 'Work_Items' is no legal queue name",
        "work: the connection Nowhere is not set",
        "again: a queue trigger has no retry policy",
        "three: routes that begin with admin",
        "two: has the same route and method as one",
    ]
    assert len(found) == len(beginnings)
    for line, beginning in zip(found, beginnings, strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("", "declares no function"),
        (
            """
            other = func.FunctionApp()
            """,
            "More than one FunctionApp or other top level function app instances",
        ),
        (
            """
            blueprint = func.Blueprint()
            @blueprint.route(route="x")
            def forgotten(req: func.HttpRequest) -> str: return ""
            """,
            "register every blueprint",
        ),
        (None, "function_app.py does not exist"),
        ("import nothing_of_this_name", "No module named 'nothing_of_this_name'"),
        ("raise RuntimeError('at import')", "RuntimeError: at import"),
        ("def broken(:", "SyntaxError"),
        (
            """
            @app.route(route="x")
            def nameless(other: func.HttpRequest) -> str: return ""
            """,
            "nameless",
        ),
        (
            """
            @app.route(route="x")
            def twin(req: func.HttpRequest) -> str: return ""
            @app.function_name("twin")
            @app.route(route="y")
            def other(req: func.HttpRequest) -> str: return ""
            """,
            "twin",
        ),
    ],
)
def test_an_app_that_cannot_be_indexed(tmp_path: Path, script: str | None, words: str) -> None:
    found = refusal(tmp_path, script)

    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize(
    ("host_json", "words"),
    [(None, "host.json cannot be read"), ("{", "host.json is not JSON"), ("{}", 'version must be "2.0"')],
)
def test_a_host_json_that_is_missing_or_wrong(tmp_path: Path, host_json: str | None, words: str) -> None:
    script = """
    @app.route(route="x")
    def right(req: func.HttpRequest) -> str: return ""
    """

    found = refusal(tmp_path, script, host_json)

    assert len(found) == 1
    assert words in found[0]


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    script = """
    @app.route(route="x")
    def right(req: func.HttpRequest) -> str: return ""
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = refusal(tmp_path, script, HOST_JSON, "--port", str(port))

    assert len(found) == 1
    assert found[0].startswith(f"port {port} cannot be used")
