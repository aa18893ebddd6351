"""Whether the templates of a connection or a link can be used: syntax, names, and a trial with a sample."""

from collections.abc import Iterator
from typing import Any

from shared.connections.defaults import Defaults, TextFormat
from shared.errors import FieldProblem
from shared.texts.formats import HTML, MARKDOWN, PLAIN, Format


def text_format(making: Defaults) -> Format:
    """Return what writes long texts."""
    return MARKDOWN if making.text_format is TextFormat.MARKDOWN else HTML


def check_templates(making: Defaults) -> Iterator[FieldProblem]:
    """Yield what is wrong with the templates."""
    templates = (
        ("title_template", making.title_template, PLAIN),
        ("description_template", making.description_template, text_format(making)),
    )
    for name, source, shape in templates:
        if source:
            from shared.texts.templates import problems  # noqa: PLC0415  most links have no template

            yield from (FieldProblem(f"/{name}", words) for words in problems(source, shape, sample()))


def sample() -> dict[str, Any]:
    """Return all values that a template can name, for a vulnerability that has everything."""
    from shared.texts.templates import Open  # noqa: PLC0415

    one = {
        "id": "PHX-2041",
        "asset": {"kind": "application", "id": "web-shop"},
        "title": "Remote code execution in log4j-core",
        "description": "JNDI features **do not protect** against endpoints that an attacker controls.",
        "severity": "critical",
        "status": "open",
        "score": 9.8,
        "observed_at": "2026-11-20T10:00:00Z",
        "sequence": 7,
        "rule": "java/log4j-injection",
        "component": "log4j-core 2.14.1",
        "location": {"path": "src/a.py", "line": 12, "url": "https://git.example/a.py", "snippet": "log(x)"},
        "cve": ["CVE-2021-44228"],
        "cwe": ["CWE-502"],
        "references": ["https://logging.apache.org/security"],
        "remediation": "1. Update to 2.17.1",
        "due": "2026-12-24",
        "url": "https://platform.example/v/2041",
        "tags": ["internet-facing"],
        "custom": Open(),
    }
    own = {"count": 2, "ticket_url": "https://bridge.example/api/tickets/contoso.abc", "standard": "The standard text"}
    return {**one, **own, "members": [one, dict(one)]}
