"""Requests to a running host: what the function gets, what the client gets, and who may call."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests

from tests.functional.host_process import HostRun, eventually

LIMIT = 1000


@dataclass
class Client:
    """Calls a host; `run` is its app."""

    url: str
    run: HostRun

    def __call__(self, method: str, path: str, **options: object) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            request = requests.Request(method, self.url + path, **options)
            return session.send(session.prepare_request(request), timeout=20, allow_redirects=False)


@pytest.fixture(scope="module")
def app(azurite: str, tmp_path_factory: pytest.TempPathFactory) -> HostRun:
    return HostRun(tmp_path_factory.mktemp("http"), azurite)


@pytest.fixture(scope="module")
def call(app: HostRun) -> Iterator[Client]:
    """A client of a host that asks for keys."""
    limit = {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": str(LIMIT)}
    with app.host("--keys", str(app.folder / "keys.json"), **limit) as host:
        yield Client(host.url, app)


@pytest.fixture(scope="module")
def call_without_keys(app: HostRun) -> Iterator[Client]:
    with app.host() as host:
        yield Client(host.url, app)


def test_what_the_function_gets(call: Client) -> None:
    response = call(
        "POST",
        "/API/Echo/7/a%20b/c?x=1&x=2&empty=&y=%C3%A9",
        headers={"x-functions-key": "key-one", "X-Custom": "v"},
        data=b"\x00\xff",
    )

    assert response.status_code == 203
    assert response.headers["content-type"] == "application/json"
    got = response.json()
    assert got["method"] == "POST"
    assert got["url"] == f"{call.url}/API/Echo/7/a%20b/c?x=1&x=2&empty=&y=%C3%A9"
    assert got["headers"]["x-custom"] == "v"
    assert got["query"] == {"x": "1,2", "y": "é"}
    assert got["route"] == {"id": "7", "rest": "a b/c"}
    assert got["body"].encode("latin-1") == b"\x00\xff"


def test_what_the_client_gets(call: Client) -> None:
    response = call("GET", "/api/open")

    assert response.content == b"\x00\xff"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.raw.headers.getlist("set-cookie") == [
        "a=1; path=/; samesite=Lax; httponly",
        "b=2; max-age=60",
    ]


def test_a_text_is_an_answer_too(call: Client) -> None:
    response = call("GET", "/api/other?code=key-other")

    assert response.text == "grüezi"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/echo/1/", "", 401),
        ("/api/echo/1/", "wrong", 401),
        ("/api/echo/1/", "key-other", 401),
        ("/api/echo/1/", "ключ", 401),
        ("/api/echo/1/", "key-one", 203),
        ("/api/echo/1/", "key-two", 203),
        ("/api/echo/1/", "the-host-key", 203),
        ("/api/for-administrators", "key-one", 401),
        ("/api/for-administrators", "", 401),
        ("/api/for-administrators", "the-host-key", 200),
        ("/api/open", "", 200),
        ("/admin/host/status", "", 401),
        ("/admin/host/status", "key-one", 401),
        ("/admin/host/status", "the-host-key", 200),
        ("/Admin/host/status", "", 401),
    ],
)
def test_keys(call: Client, path: str, key: str, status: int) -> None:
    """A key counts the same in the header and in the query; what is refused has an empty body."""
    in_header = call("GET", path, headers={"x-functions-key": key.encode()} if key else {})
    in_query = call("GET", path, params={"code": key} if key else {})

    assert (in_header.status_code, in_query.status_code) == (status, status)
    if status == 401:
        assert in_header.content == in_query.content == b""


@pytest.mark.parametrize("path", ["/api/echo/1/", "/api/for-administrators", "/admin/host/status"])
def test_without_a_key_file_no_key_is_asked_for(call_without_keys: Client, path: str) -> None:
    assert call_without_keys("GET", path).ok


def test_the_status(call: Client) -> None:
    response = call("GET", "/admin/host/status", headers={"x-functions-key": "the-host-key"})

    assert response.json() == {"state": "Running"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nothing"),
        ("GET", "/api/echo/seven/"),
        ("DELETE", "/api/echo/1/"),
        ("HEAD", "/api/other"),
        ("OPTIONS", "/api/other"),
        ("GET", "/"),
        ("GET", "/admin/nothing"),
    ],
)
def test_not_found(call_without_keys: Client, method: str, path: str) -> None:
    """A method that a route does not name is not found, as in Azure, and not 405."""
    response = call_without_keys(method, path)

    assert (response.status_code, response.content) == (404, b"")


def test_head_where_every_method_is_taken(call: Client) -> None:
    response = call("HEAD", "/api/open")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "2"


@pytest.mark.parametrize("how", ["", "?exit=1"])
def test_a_function_that_fails(call: Client, how: str) -> None:
    """Nothing of the failure leaves, and the host goes on."""
    response = call("GET", f"/api/broken{how}")

    assert (response.status_code, response.content) == (500, b"")
    assert call("GET", "/api/open").ok


def test_the_limit_of_a_body(call: Client) -> None:
    def in_chunks(size: int) -> Iterator[bytes]:
        yield b"x" * size

    for size, status in ((LIMIT, 200), (LIMIT + 1, 413)):
        assert call("POST", "/api/open", data=b"x" * size).status_code == status
        assert call("POST", "/api/open", data=in_chunks(size)).status_code == status


def test_a_client_that_leaves_does_not_stop_the_function(call: Client) -> None:
    address = urlsplit(call.url)
    with socket.create_connection((address.hostname, address.port or 0)) as connection:
        connection.sendall(b"GET /api/slow?seconds=0.5 HTTP/1.1\r\nhost: x\r\n\r\n")
        eventually(lambda: len(call.run.calls("slow", "started")) == 1)

    eventually(lambda: len(call.run.calls("slow", "finished")) == 1)


def test_a_host_that_is_told_to_stop_answers_first(app: HostRun) -> None:
    before = len(app.calls("slow", "started"))
    with app.host() as host:
        address = urlsplit(host.url)
        with socket.create_connection((address.hostname, address.port or 0), timeout=20) as connection:
            connection.sendall(b"GET /api/slow?seconds=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            eventually(lambda: len(app.calls("slow", "started")) == before + 1)
            assert host.stop() == 0
            received = connection.makefile("rb").read()

    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"done")


def test_the_log_has_one_line_for_an_invocation_and_no_key(app: HostRun) -> None:
    with app.host("--keys", str(app.folder / "keys.json")) as host:
        call = Client(host.url, app)
        assert call("GET", "/api/other?code=key-other").ok
        call("GET", "/api/broken")
        host.stop()

    assert sum(" INFO host: other " in line and line.endswith(" ms ok") for line in host.errors.splitlines()) == 1
    assert sum(" ERROR host: broken " in line for line in host.errors.splitlines()) == 1
    assert "a secret that must not leave" in host.errors
    assert "key-other" not in host.errors


def test_a_quiet_host_tells_failures_only(app: HostRun) -> None:
    with app.host(HOST_QUIET="1") as host:
        call = Client(host.url, app)
        assert call("GET", "/api/other").ok
        call("GET", "/api/broken")
        host.stop()

    assert "host: other" not in host.errors
    assert "ERROR host: broken" in host.errors
