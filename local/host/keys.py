"""Function keys: who may call which function.

https://learn.microsoft.com/azure/azure-functions/function-keys-how-to
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.host.json_file import read_object


@dataclass(frozen=True, slots=True)
class Keys:
    """The host key opens everything; a function's key opens that function."""

    host_key: str = field(repr=False)
    function_keys: Mapping[str, tuple[str, ...]] = field(repr=False)

    @classmethod
    def read(cls, path: Path, problems: list[str]) -> "Keys":
        """Return the keys in `path`: `{"host_key": "…", "function_keys": {"name": ["…"]}}`."""
        before = len(problems)
        content = read_object(path, problems)
        host_key = content.get("host_key")
        functions = content.get("function_keys", {})
        if len(problems) == before and not (_is_key(host_key) and _is_key_map(functions)):
            problems.append(
                f'{path.name} must be {{"host_key": "…", "function_keys": {{"name": ["…"]}}}}, no key empty'
            )
            return cls("", {})
        return cls(host_key or "", {name.lower(): tuple(keys) for name, keys in functions.items()})

    def opens_host(self, given: str) -> bool:
        """Tell whether `given` is the host key."""
        return _is_one_of(given, (self.host_key,))

    def opens_function(self, function: str, given: str) -> bool:
        """Tell whether `given` may call `function`: one of its own keys, or the host key."""
        return _is_one_of(given, (self.host_key, *self.function_keys.get(function.lower(), ())))


def _is_one_of(given: str, keys: Iterable[str]) -> bool:
    # Every key is compared, in constant time, so that the time taken tells nothing.
    matches = [hmac.compare_digest(given.encode(), key.encode()) for key in keys if key]
    return any(matches)


def _is_key(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_key_map(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(keys, list) and all(_is_key(key) for key in keys) for keys in value.values()
    )
