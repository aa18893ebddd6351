"""What one file says, and what all of them say together."""

import json
import re
from collections.abc import Mapping, Sequence

from shared.registries.conventions import Conventions
from shared.registries.files import SourceFile, Unread
from shared.registries.graph import Node, Registry

_REGISTERED = re.compile(r"@\w+(?:\.\w+)*\(\s*\"([^\"]+)\"")


def summarise(file: SourceFile, conventions: Conventions) -> str:
    """Return JSON text."""
    del conventions
    text = file.content.decode(errors="replace")
    return json.dumps([[found[1], text.count("\n", 0, found.start()) + 1] for found in _REGISTERED.finditer(text)])


def assemble(summaries: Mapping[str, str], unread: Sequence[Unread], conventions: Conventions) -> Registry:
    """Return the registry of all summaries by path."""
    del conventions
    nodes = [Node(name, path, line) for path in sorted(summaries) for name, line in json.loads(summaries[path])]
    return Registry(nodes, unread)
