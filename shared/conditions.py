"""Conditional writes: what a sender expects of the stored version.

https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
"""

from dataclasses import dataclass

from shared.errors import ConflictError


@dataclass(frozen=True, slots=True)
class Condition:
    """`if_match`: an etag, `*` for any version, empty for no condition. `only_new`: nothing may be stored yet."""

    if_match: str = ""
    only_new: bool = False

    def check(self, etag: str | None, *, what: str) -> None:
        """Raise `ConflictError` (412) unless the stored version, None if there is none, is the expected one."""
        if self.only_new and etag is not None:
            raise ConflictError(f"There is such a {what} already.", hint="Leave If-None-Match out to change it.")
        if not self.if_match:
            return
        if etag is None:
            raise ConflictError(f"The {what} does not exist.", hint="Leave If-Match out to create it.")
        if self.if_match not in (etag, "*"):
            raise ConflictError(f"The {what} is not the one that you read.", hint="Read it again.")


ANY = Condition()
"""No condition."""
