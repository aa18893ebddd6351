"""Binding expressions: `%NAME%` in a route, a queue's name or a schedule is the setting NAME.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-expressions-patterns#binding-expressions---app-settings
"""

import re
from collections.abc import Mapping

_SETTING = re.compile(r"%([^%]+)%")


class MissingSettingError(Exception):
    """A binding expression names a setting that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Return `text` with each `%NAME%` replaced. Raises `MissingSettingError` for the first unknown name."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in settings:
            raise MissingSettingError(name)
        return settings[name]

    return _SETTING.sub(value, text)
