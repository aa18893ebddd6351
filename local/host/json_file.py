"""Reads a file that must hold a JSON object, or says what to do about it."""

import json
from pathlib import Path
from typing import Any


def read_object(path: Path, problems: list[str]) -> dict[str, Any]:
    """Return the object in `path`; if there is none, add the reason to `problems` and return an empty one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problems.append(f"{path.name} cannot be read ({error.strerror}): it is expected at {path}")
    except ValueError as error:
        problems.append(f"{path.name} is not JSON: {error}")
    else:
        if isinstance(content, dict):
            return content
        problems.append(f"{path.name} must hold a JSON object")
    return {}
