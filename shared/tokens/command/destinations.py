"""Where a value goes: nowhere unless told."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from shared.azure_devops.personal_access_tokens import NewToken
from shared.errors import TransientError
from shared.tokens.command.environment import Environment
from shared.tokens.command.files import File
from shared.tokens.making import Place


class Destination(Place, Protocol):
    """A place that takes any value."""

    def read(self) -> str | None:
        """Return the value, or None where there is none."""

    def write(self, value: str) -> None:
        """Replace the value."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The standard output, for whoever says so."""

    out: TextIO

    def check(self) -> None:
        """It takes anything."""

    def read(self) -> str | None:
        """Return nothing: what was printed is gone."""
        return None

    def write(self, value: str) -> None:
        """Print the value."""
        try:
            self.out.write(f"{value}\n")
            self.out.flush()
        except OSError as error:
            raise TransientError("Nobody reads the standard output.") from error

    def store(self, made: NewToken) -> str:
        """Print a new token's value."""
        self.write(made.value)
        return ""

    def stored_nevertheless(self, made: NewToken) -> str | None:
        """Say that it was not."""
        del made
        return ""


def destination(asked: Namespace, environment: Environment, values: Mapping[str, str], out: TextIO) -> Destination:
    """Return the place that the command line names. Raises `ConfigurationError` for one that there cannot be."""
    if asked.out == "-":
        return Printed(out)
    if asked.out:
        return File(Path(asked.out))
    if asked.key_vault:
        from shared.tokens.command.key_vault_secret import KeyVaultSecret  # noqa: PLC0415  half a second

        return KeyVaultSecret.named(asked.key_vault, asked.secret, environment.azure, replacing=asked.replace_secret)
    from shared.tokens.command.kubernetes_secret import KubernetesSecret  # noqa: PLC0415

    secret, key = asked.kubernetes_secret
    return KubernetesSecret.named(secret, key, values)
