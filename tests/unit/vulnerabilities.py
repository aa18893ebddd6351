"""Vulnerabilities of which a test says what matters to it."""

from typing import Any

from shared.tickets.vulnerabilities.snapshots import Vulnerability


def vulnerability(id_: str = "V1", **more: Any) -> Vulnerability:
    """The least that a snapshot may have, and more."""
    least = {"id": id_, "asset": {"kind": "application", "id": "shop"}, "title": f"Finding {id_}", "severity": "low"}
    return Vulnerability.model_validate({**least, "status": "open", **more})
