"""Small SARIF reports, and what the reader makes of them."""

import io
import json
from typing import Any

import pytest

from shared.errors import RejectedRequestError
from shared.tickets import sarif
from shared.tickets.vulnerabilities.scans import RefusedResult
from shared.tickets.vulnerabilities.snapshots import Asset, Vulnerability

type Json = dict[str, Any]

ASSET = Asset(kind="application", id="web-shop")


def read(document: object) -> list[Vulnerability | RefusedResult]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return [found for _, found in sarif.report(io.BytesIO(data), ASSET).findings()]


def report(*found: object, rules: tuple[Json, ...] = (), tool: str = "Lint", **run: object) -> Json:
    driver = {"driver": {"name": tool, "rules": list(rules)}}
    return {"version": "2.1.0", "runs": [{"tool": driver, "results": list(found), **run}]}


def result(rule: str = "R1", path: str = "src/a.py", line: int = 1, code: str = "x = 1", **more: object) -> Json:
    region = {"startLine": line, "snippet": {"text": code}}
    place = {"physicalLocation": {"artifactLocation": {"uri": path}, "region": region}}
    return {"ruleId": rule, "message": {"text": "Weak hash. Use another."}, "locations": [place], **more}


def vulnerabilities(document: object) -> list[Vulnerability]:
    found = read(document)
    assert all(isinstance(item, Vulnerability) for item in found), found
    return [item for item in found if isinstance(item, Vulnerability)]


def one(found: Json, **run: Any) -> Vulnerability:
    (vulnerability,) = vulnerabilities(report(found, **run))
    return vulnerability


def rejected(document: object) -> RejectedRequestError:
    with pytest.raises(RejectedRequestError) as caught:
        read(document)
    return caught.value
