"""One request and its answer, as plain data."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and answered; `target` is path and query as sent, header names are lower case."""

    method: str
    target: str
    status: int
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: bytes = b""
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    answer_body: bytes = b""

    @property
    def path(self) -> str:
        """The path, still quoted."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; their names are lower case, for the service does not tell case apart."""
        return {name.lower(): value for name, value in parse_qsl(urlsplit(self.target).query, keep_blank_values=True)}

    def entries(self) -> Iterator["Exchange"]:
        """Return the exchanges inside one of `$batch`, which are work item updates like any other."""
        if not self.path.endswith("/$batch") or self.status >= 300:
            return
        organization = self.path.split("/")[1]
        asked, answered = json.loads(self.request_body), json.loads(self.answer_body)["value"]
        for entry, answer in zip(asked, answered, strict=True):
            yield _entry(organization, entry, answer)


def _entry(organization: str, entry: Any, answer: Any) -> Exchange:
    return Exchange(
        entry["method"],
        f"/{organization}{entry['uri']}",
        answer["code"],
        {name.lower(): value for name, value in entry["headers"].items()},
        json.dumps(entry["body"]).encode(),
        {name.lower(): value for name, value in answer["headers"].items()},
        answer["body"].encode(),
    )
