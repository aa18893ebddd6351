"""What counts as a registration: built in, of the repository's `registry.toml`, and of the links of its project."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import FieldProblem, RejectedRequestError

OWN = "registry.toml"


@dataclass(frozen=True, slots=True)
class Conventions:
    """`digest` changes whenever any of them does, or the reader's version."""

    digest: str

    def wanted(self, path: str) -> bool:
        """Whether a file's content is needed at all."""
        return path.endswith(".py") or path == OWN


def conventions_of(own: bytes | None, given: Sequence[Mapping[str, Any]] = ()) -> Conventions:
    """Return the conventions in effect. Raises `RejectedRequestError`."""
    try:
        read = tomllib.loads((own or b"").decode())
    except ValueError as error:
        raise _wrong(FieldProblem(f"/{OWN}", f"is not TOML: {error}")) from error
    for index, table in enumerate(given):
        if not isinstance(table.get("id"), str):
            raise _wrong(FieldProblem(f"/convention/{index}/id", "is missing"))
    text = json.dumps([read, list(given)], default=str, sort_keys=True)
    return Conventions(hashlib.sha256(text.encode()).hexdigest())


def _wrong(problem: FieldProblem) -> RejectedRequestError:
    message = f"The conventions cannot be used: {problem.field} {problem.message}."
    return RejectedRequestError(message, hint="Correct what is named in problems.", problems=[problem], status=422)
