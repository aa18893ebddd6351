"""One class per decision that a caller can take.

BridgeError
 ├── ConfigurationError     an administrator must change a setting; nothing works until then
 ├── RejectedRequestError   the sender must change what it sends; trying again is useless
 │    ├── ConflictError     it was right for a state that has passed; read again, then send again
 │    └── NotFoundError     what it names does not exist, or may not be seen
 ├── RefusedError           Azure DevOps understood and said no (a rule, a missing right); a person must act
 ├── CredentialError        Azure DevOps does not accept our credential; everything of the connection waits
 └── TransientError         trying again later may help
      ├── ThrottledError    … and not before `retry_after` seconds
      └── UnknownError      the request may or may not have been carried out: look before trying again
"""

from collections.abc import Sequence
from dataclasses import dataclass


class BridgeError(Exception):
    """Whatever this app raises on purpose. `str()` is safe to show: it never holds a secret."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigurationError(BridgeError):
    """Settings are missing or unusable; `problems` names each one, never a value."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems), hint="Correct these application settings and restart.")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of what was sent. `field` is a JSON pointer such as `/asset/kind`."""

    field: str
    message: str


class RejectedRequestError(BridgeError):
    """What was sent is wrong; `problems` says where."""

    def __init__(
        self, message: str, *, hint: str = "", problems: Sequence[FieldProblem] = (), status: int = 400
    ) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)
        self.status = status


class ConflictError(RejectedRequestError):
    """The stored state is not the one that the sender saw."""

    def __init__(
        self, message: str, *, hint: str = "", problems: Sequence[FieldProblem] = (), status: int = 412
    ) -> None:
        super().__init__(message, hint=hint, problems=problems, status=status)


class NotFoundError(RejectedRequestError):
    """What was named is not there."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, status=404)


class RefusedError(BridgeError):
    """Azure DevOps refused for a reason that a person can remove. `rule` is its code, such as TF401320."""

    def __init__(self, message: str, *, hint: str = "", rule: str = "", fields: Sequence[str] = ()) -> None:
        super().__init__(message, hint=hint)
        self.rule = rule
        self.fields = tuple(fields)


class CredentialError(BridgeError):
    """The credential of a connection is missing, expired, revoked or not a member of the organisation."""


class TransientError(BridgeError):
    """A service could not do it now."""


class ThrottledError(TransientError):
    """Too much was asked; wait `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownError(TransientError):
    """The connection broke after the request left: it may have been carried out, or still be."""
