"""A registry as SVG: columns from what depends to what is depended on, below them what stands alone, by kind."""

from collections.abc import Sequence
from html import escape

from shared.registries.drawing.layout import Layout, laid_out
from shared.registries.drawing.union import Drawn, drawn
from shared.registries.graph.model import Edge, Node, Registry
from shared.registries.graph.view import LinkTo
from shared.texts.addresses import is_web
from shared.texts.plain import shortened, units

_LONGEST = 38
_LETTER = 7.1  # the width of a letter of 12 px, generously
_HEIGHT = 26
_ROW = 34
_GAP = 110
_MARGIN = 24
_GRID_WIDTH = 1_500
_HEADING = 30

# Distinct also for people who see few colours, and pale enough for black letters: fill, border.
_COLOURS = (
    ("#ddf4ff", "#0969da"),
    ("#fff1e5", "#bc4c00"),
    ("#dafbe1", "#1a7f37"),
    ("#fbefff", "#8250df"),
    ("#fff8c5", "#9a6700"),
    ("#ffeff7", "#bf3989"),
    ("#e6f6f4", "#0f766e"),
    ("#f0f0f0", "#57606a"),
)
_LAST_NARROW = 0x2E7F  # Chinese, Japanese and Korean come after it, and are twice as wide
_STYLE = """
text{font:12px system-ui,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.h{font-weight:600;font-size:14px}.s{fill:#57606a}
path{fill:none;stroke:#8c959f;stroke-width:1.2}
.cycle{stroke:#cf222e}.added{stroke:#1a7f37;stroke-width:2.4}
.removed{stroke:#cf222e;stroke-width:2;stroke-dasharray:5 3}
.changed{stroke:#9a6700;stroke-width:2.4}
g.n:hover rect{stroke-width:3}
"""


def as_svg(registry: Registry, *, link_to: LinkTo | None = None, against: Registry | None = None) -> str:
    """Return the registry as an SVG document without scripts; `link_to` makes the address of a file's line.

    With `against`, it is marked what changed since that commit.
    """
    what = drawn(registry, against)
    layout = laid_out([node.id for node in what.nodes], [(edge.source, edge.target) for edge in what.edges])
    return _Picture(what, layout, link_to).whole()


class _Picture:
    def __init__(self, what: Drawn, layout: Layout, link_to: LinkTo | None) -> None:
        self._what = what
        self._layout = layout
        self._link_to = link_to
        self._nodes = {node.id: node for node in what.nodes}
        kinds = sorted({node.kind for node in what.nodes})
        self._colours = {kind: _COLOURS[number % len(_COLOURS)] for number, kind in enumerate(kinds)}
        self._width = 400.0
        self._height = float(_MARGIN)
        self._parts: list[str] = []

    def whole(self) -> str:
        """Return the document."""
        self._legend()
        self._connected()
        self._alone()
        if not self._what.nodes:
            self._write("Nothing is registered.", _MARGIN, self._height + 14, "s")
            self._height += _HEADING
        width, height = round(self._width + _MARGIN), round(self._height + _MARGIN)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img">'
            f"<title>Registry</title><style>{_STYLE}</style>"
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(self._parts)}</svg>\n'
        )

    def _legend(self) -> None:
        left = float(_MARGIN)
        for kind, (fill, border) in self._colours.items():
            words = shortened(kind, _LONGEST)
            room = 22 + _width_of(words) + 16
            if left + room > _GRID_WIDTH and left > _MARGIN:
                left, self._height = float(_MARGIN), self._height + 22
            self._parts.append(
                f'<rect x="{left:.0f}" y="{self._height:.0f}" width="14" height="14" rx="3"'
                f' fill="{fill}" stroke="{border}"/>'
            )
            self._write(words, left + 20, self._height + 11.5)
            left += room
            self._width = max(self._width, left)
        self._height += 36 if self._colours else 0

    def _connected(self) -> None:
        places = self._layout.places
        if not places:
            return
        widths: dict[int, float] = {}
        for identity, (column, _) in places.items():
            widths[column] = max(widths.get(column, 0), _box_width(self._nodes[identity]))
        left, lefts = float(_MARGIN), {}
        for column in range(max(widths) + 1):
            lefts[column] = left
            left += widths.get(column, 0) + _GAP
        corners = {identity: (lefts[column], self._height + row * _ROW) for identity, (column, row) in places.items()}
        for edge in self._what.edges:
            if edge.source in corners and edge.target in corners:
                self._edge(edge, corners)
        for identity, corner in corners.items():
            self._node(self._nodes[identity], *corner, _box_width(self._nodes[identity]))
        self._width = max(self._width, left - _GAP)
        self._height += self._layout.rows * _ROW

    def _edge(self, edge: Edge, corners: dict[str, tuple[float, float]]) -> None:
        x, y = corners[edge.source]
        right = x + _box_width(self._nodes[edge.source])
        to_x, to_y = corners[edge.target]
        y, to_y = y + _HEIGHT / 2, to_y + _HEIGHT / 2
        if to_x > x:
            bend = min((to_x - right) / 2, 120)
            curve = f"C{right + bend:.0f} {y:.0f} {to_x - bend:.0f} {to_y:.0f} {to_x - 6:.0f} {to_y:.0f}"
            head = f"M{to_x - 7:.0f} {to_y - 4:.0f}l7 4l-7 4"
        else:  # back to the left, or to itself: below both
            end = to_x + _box_width(self._nodes[edge.target])
            curve = f"C{right + 60:.0f} {y + 40:.0f} {end + 60:.0f} {to_y + 40:.0f} {end + 6:.0f} {to_y + 4:.0f}"
            head = f"M{end + 8:.0f} {to_y:.0f}l-7 3l6 5"
        path = f"M{right:.0f} {y:.0f}{curve}"
        mark = self._what.mark_of_edge(edge)
        reasons = "\n".join(f"{one.detail} ({one.place.path}:{one.place.line})" for one in edge.reasons[:5])
        words = f"{self._nodes[edge.source].name} → {self._nodes[edge.target].name}\n{reasons}"
        style = f' class="{mark}"' if mark else ""
        self._parts.append(f'<g><title>{escape(words)}</title><path{style} d="{path}"/><path{style} d="{head}"/></g>')

    def _alone(self) -> None:
        by_kind: dict[str, list[Node]] = {}
        for identity in self._layout.single:
            node = self._nodes[identity]
            by_kind.setdefault(node.kind, []).append(node)
        for kind, nodes in sorted(by_kind.items()):
            self._height += 10
            self._write(
                f"{shortened(kind, _LONGEST)} ({len(nodes)} without dependencies)", _MARGIN, self._height + 14, "h"
            )
            self._height += _HEADING
            self._grid(sorted(nodes, key=lambda node: node.name))

    def _grid(self, nodes: Sequence[Node]) -> None:
        width = max(_box_width(node) for node in nodes)
        columns = max(1, int((_GRID_WIDTH - _MARGIN) // (width + 14)))
        rows = -(-len(nodes) // columns)
        for number, node in enumerate(nodes):
            column, row = divmod(number, rows)
            self._node(node, _MARGIN + column * (width + 14), self._height + row * _ROW, width)
        self._width = max(self._width, _MARGIN + min(columns, len(nodes)) * (width + 14))
        self._height += rows * _ROW

    def _node(self, node: Node, left: float, top: float, width: float) -> None:
        fill, border = self._colours[node.kind]
        mark = self._what.mark_of(node.id)
        style = f' class="{mark}"' if mark else f' stroke="{border}"'
        dashes = ' stroke-dasharray="3 2"' if node.conditional and not mark else ""
        box = (
            f'<g class="n"><title>{escape(_tooltip(node, mark))}</title>'
            f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{_HEIGHT}"'
            f' rx="5" fill="{fill}"{style}{dashes}/>'
            f'<text x="{left + 9:.0f}" y="{top + 17:.0f}">{escape(_label(node))}</text></g>'
        )
        url = self._link_to(node.place.path, node.place.line) if self._link_to else ""
        self._parts.append(f'<a href="{escape(url)}" target="_blank">{box}</a>' if is_web(url) else box)

    def _write(self, words: str, left: float, base: float, style: str = "") -> None:
        attribute = f' class="{style}"' if style else ""
        self._parts.append(f'<text{attribute} x="{left:.0f}" y="{base:.1f}">{escape(words)}</text>')


def _label(node: Node) -> str:
    return shortened(node.name, _LONGEST)


def _box_width(node: Node) -> float:
    return 18 + _width_of(_label(node))


def _width_of(words: str) -> float:
    wide = sum(1 for letter in words if ord(letter) > _LAST_NARROW)
    return (units(words) + wide) * _LETTER


def _tooltip(node: Node, mark: str) -> str:
    lines = [f"{node.name} in {node.registry}", f"{node.place.path}:{node.place.line}", node.object.qualified]
    lines += [node.object.summary, f"{mark} since the other commit" if mark else ""]
    lines += ["may never happen: it stands in a branch or a function" if node.conditional else ""]
    return "\n".join(line for line in lines if line)
