"""Finds managed tokens in what a platform sends: whoever reads its findings could use them.

Digests are compared, so no value is needed.
"""

import re
from dataclasses import dataclass

from shared.texts.masking import FORMS
from shared.tokens.asking import Asking
from shared.tokens.managed import digest_of
from shared.tokens.store import TokenStore

_MARK = "AZDO"
_TOKEN = re.compile(FORMS["Azure DevOps token"])
_ESCAPES = re.compile(r"\\(?:[nrtbf\"/\\]|u[0-9A-Fa-f]{4})")
_MOST = 1_000
"""So many different ones in one text are looked at."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """Looks through texts, and has a managed token that it finds replaced, and revoked right after."""

    store: TokenStore
    ask: Asking

    def look(self, text: str, where: str) -> None:
        """Look through one text, or JSON; `where` says to people whose it is. Raises `TransientError`."""
        if _MARK not in text:
            return
        values = set(_TOKEN.findall(_ESCAPES.sub(" ", text)))
        digests = {digest_of(value) for value in sorted(values)[:_MOST]}
        for token in self.store.all() if digests else ():
            for held in token.held:
                if held.digest in digests:
                    self.ask.leaked(token.name, held.digest, where)
