"""A registry as a picture.

mermaid  as a Mermaid flowchart
svg      as SVG: each node a link to its line
layout   where each node is drawn, by a layout library
union    two commits in one picture
"""

from shared.registries.drawing.mermaid import as_mermaid
from shared.registries.drawing.svg import as_svg

__all__ = ["as_mermaid", "as_svg"]
