"""TOML that anybody may have written."""

import re
import tomllib
from typing import Any

# tomllib takes time by the square of a key's parts: 50,000 of them, 100 kB, are minutes.
_LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){20}""")


def toml_of(text: str) -> dict[str, Any]:
    """Return what a TOML document says. Raises `tomllib.TOMLDecodeError`, also for keys of more than 20 parts."""
    if _LONG_KEY.search(text):
        raise tomllib.TOMLDecodeError("a key of more than 20 parts")
    return tomllib.loads(text)
