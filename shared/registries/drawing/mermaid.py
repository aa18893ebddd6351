"""A registry as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html

Names of nodes are numbers, and texts are quoted with everything but letters and a few signs as entities, since Mermaid
reads much of what stands in a text: https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
"""

import re

from shared.registries.drawing.union import Drawn, drawn
from shared.registries.graph.model import Node, Registry
from shared.texts.plain import shortened

_PLAIN = re.compile(r"[^\w .,/:+=-]")
_LONGEST = 60
_STYLES = (
    "classDef added fill:#dafbe1,stroke:#1a7f37",
    "classDef removed fill:#ffebe9,stroke:#cf222e,stroke-dasharray:4 3",
    "classDef changed fill:#fff8c5,stroke:#9a6700",
)


def as_mermaid(registry: Registry, *, against: Registry | None = None) -> str:
    """Return the registry as a flowchart, grouped by kind; with `against`, marked what changed since that commit."""
    what = drawn(registry, against)
    numbers = {node.id: f"n{number}" for number, node in enumerate(what.nodes)}
    lines = ["flowchart LR", *_groups(what, numbers)]
    for number, edge in enumerate(what.edges):
        if edge.source in numbers and edge.target in numbers:
            mark = what.mark_of_edge(edge)
            arrow = {"removed": "-.->", "added": "==>"}.get(mark, "-->")
            label = f'|"{_text(edge.reasons[0].kind)}"|' if edge.reasons else ""
            lines.append(f"  {numbers[edge.source]} {arrow}{label} {numbers[edge.target]}")
            if mark == "cycle":
                lines.append(f"  linkStyle {number} stroke:#cf222e")
    return "\n".join([*lines, *(_STYLES if against is not None else ())]) + "\n"


def _groups(what: Drawn, numbers: dict[str, str]) -> list[str]:
    kinds: dict[str, list[Node]] = {}
    for node in what.nodes:
        kinds.setdefault(node.kind, []).append(node)
    lines = []
    for number, (kind, nodes) in enumerate(sorted(kinds.items())):
        lines.append(f'  subgraph k{number}["{_text(kind)}"]')
        for node in nodes:
            mark = what.mark_of(node.id)
            lines.append(f'    {numbers[node.id]}["{_text(node.name)}"]{f":::{mark}" if mark else ""}')
        lines.append("  end")
    return lines


def _text(text: str) -> str:
    return _PLAIN.sub(lambda sign: f"#{ord(sign[0])};", shortened(text, _LONGEST))
