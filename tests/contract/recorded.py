"""Recorded answers of the real service, read from where they are: nothing of them is copied."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.azure_devops.answers import Answer
from tests.contract.exchanges import Exchange

REFERENCE = Path(__file__).parents[3] / "shared/reference"
CLI = REFERENCE / "payloads/azure-devops-cli-extension"


def recorded_names() -> list[str]:
    """Return the names of the recorded exchanges; none where they are not at hand."""
    return sorted(path.name for path in CLI.glob("*.json"))


def recorded(name: str) -> dict[str, Any]:
    """Return one recorded exchange as it is in its file."""
    found: dict[str, Any] = json.loads((CLI / name).read_text(encoding="utf-8-sig"))
    return found


def recorded_answer(name: str) -> Answer:
    """Return the answer of a recorded exchange as it came over the wire."""
    answer = recorded(name)["response"]
    headers = {key.lower(): ", ".join(values) for key, values in answer["headers"].items()}
    body = answer["body"] if isinstance(answer["body"], str) else json.dumps(answer["body"])
    mark = "\ufeff" if answer["bodyStartsWithBOM"] else ""
    return Answer(answer["status"], headers, f"{mark}{body}".encode())


def recorded_exchanges() -> list[Exchange]:
    """Return every recorded exchange."""
    return [_exchange(name) for name in recorded_names()]


def _exchange(name: str) -> Exchange:
    asked, answer = recorded(name)["request"], recorded_answer(name)
    address = urlsplit(asked["uri"])
    target = f"{address.path}?{address.query}"
    return Exchange(asked["method"], target, answer.status, answer_headers=answer.headers, answer_body=answer.body)
