"""Mermaid and SVG."""

from collections.abc import Callable
from html import escape

from shared.registries.graph import Registry


def as_mermaid(registry: Registry) -> str:
    """Return a flowchart."""
    return "\n".join(["flowchart LR", *(f'  n{i}["{escape(n.name)}"]' for i, n in enumerate(registry.nodes))]) + "\n"


def as_svg(registry: Registry, *, link_to: Callable[[str, int], str] | None = None) -> str:
    """Return a picture."""
    del link_to
    rows = "".join(f'<text y="{20 * i + 20}">{escape(n.name)}</text>' for i, n in enumerate(registry.nodes))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{rows}</svg>'
