"""`local.settings.json`: its `Values` become environment variables, as Core Tools does it.

https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file
"""

from collections.abc import MutableMapping
from pathlib import Path

from local.host.json_file import read_object


def apply(path: Path, environment: MutableMapping[str, str], problems: list[str]) -> None:
    """Put the settings of the file into `environment` unless they are there already: the environment wins."""
    values = read_object(path, problems).get("Values", {})
    if not isinstance(values, dict):
        problems.append(f"{path.name}: Values must be a JSON object of names and texts")
        return
    for name, value in values.items():
        if isinstance(value, str):
            environment.setdefault(name, value)
        else:
            problems.append(f"{path.name}: the value of {name} must be a text, in quotes")
