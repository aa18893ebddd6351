"""An organisation that answers what a test says, without a socket; and the answers of the official examples."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from shared.azure_devops.organisation import Organisation, new_session

SPECIFICATIONS = Path(__file__).parents[3] / "shared/reference/specs"
JSON = {"content-type": "application/json; charset=utf-8"}


class Canned(BaseAdapter):
    """Sends nothing: the answers come one after the other, the last one for ever."""

    def __init__(self, answers: list[tuple[int, Mapping[str, str], bytes]]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.asked.append(request)
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = requests.Response()
        answer.status_code, answer.request = status, request
        answer.headers.update(headers)
        answer.raw = HTTPResponse(BytesIO(body), headers, status, preload_content=False)
        return answer

    def close(self) -> None:
        pass


class Answering:
    """An organisation that gives these answers one after the other, the last one for ever."""

    def __init__(self, *answers: tuple[int, Mapping[str, str], bytes]) -> None:
        self._adapter = Canned(list(answers))
        session = new_session()
        session.trust_env = False
        session.mount("https://", self._adapter)
        self.organisation = Organisation("https://example.org/contoso", session, lambda _: "Bearer x", seconds=10)
        self.do: Callable[..., Any] = self.organisation.do

    @property
    def asked(self) -> list[requests.PreparedRequest]:
        return self._adapter.asked


def ok(value: Any, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    return 200, JSON | {name.replace("_", "-"): text for name, text in headers.items()}, json.dumps(value).encode()


def example(path: str) -> tuple[int, Mapping[str, str], bytes]:
    """Return the answer of an official example, such as `tokens/7.1/Pats/ListPats`."""
    area, version, rest = path.split("/", 2)
    file = SPECIFICATIONS / area / version / "httpExamples" / f"{rest}.json"
    if not file.is_file():
        pytest.skip("the specifications are not here")
    [(status, answer)] = json.loads(file.read_text(encoding="utf-8-sig"))["responses"].items()
    body = answer.get("body")
    return int(status), JSON, json.dumps(body).encode() if body else b""
