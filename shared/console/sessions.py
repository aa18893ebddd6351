"""Sessions of the console: a signed cookie, and the token by which its forms are told from others'.

Nothing of it is stored: a signature is all that makes a session one of ours.
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256

_SECONDS = 8 * 3600
_SIGNED_IN, _UNKNOWN = "key", "none"


@dataclass(frozen=True, slots=True)
class Session:
    """One browser until `ends` (Unix time). `signed_in`: it gave the host key."""

    nonce: str = field(repr=False)
    signed_in: bool
    ends: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and reads cookies, signed with `key`."""

    key: str = field(repr=False)

    def new(self, now: float, *, signed_in: bool = False) -> Session:
        """Return a new session, which lasts a working day."""
        return Session(secrets.token_urlsafe(16), signed_in, int(now) + _SECONDS)

    def cookie(self, session: Session) -> str:
        """Return the value that stands for a session."""
        text = f"{session.ends}.{_SIGNED_IN if session.signed_in else _UNKNOWN}.{session.nonce}"
        return f"{text}.{self._signature('session', text)}"

    def read(self, cookie: str, now: float) -> Session | None:
        """Return the session of a cookie; None if it has ended or is not one of ours."""
        text, _, signature = cookie.rpartition(".")
        if not _equal(signature, self._signature("session", text)):
            return None
        ends, kind, nonce = text.split(".")
        session = Session(nonce, kind == _SIGNED_IN, int(ends))
        return session if now < session.ends else None

    def form_token(self, session: Session, visitor: str) -> str:
        """Return what the forms on a visitor's pages carry."""
        return self._signature("form", f"{session.nonce}\n{visitor}")

    def is_form_token(self, token: str, session: Session, visitor: str) -> bool:
        """Whether a form was on one of this visitor's own pages. Takes constant time."""
        return _equal(token, self.form_token(session, visitor))

    def _signature(self, of_what: str, text: str) -> str:
        return hmac.new(self.key.encode(), f"{of_what}\n{text}".encode("utf-8", "surrogatepass"), sha256).hexdigest()


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
