"""The password that Azure DevOps sends with a service hook: derived, so that checking it needs no look-up.

Azure DevOps signs nothing; a web hook authenticates with HTTP Basic over TLS.
https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks
"""

import hmac
from base64 import b64decode
from binascii import Error as NotBase64
from hashlib import sha256

USER_NAME = "azure-devops"


def derive(key: str, connection: str, epoch: int) -> str:
    """Return the password for a connection's hooks: 64 hexadecimal digits."""
    return hmac.new(key.encode(), f"hook\n{connection}\n{epoch}".encode(), sha256).hexdigest()


def mark(key: str, connection: str, epoch: int) -> str:
    """Return what names a password without telling it, for anybody to see: the epoch, and 12 hexadecimal digits.

    It is another one for another key, connection or epoch; only who has the key can make one.
    """
    digest = hmac.new(key.encode(), f"hook mark\n{connection}\n{epoch}".encode(), sha256).hexdigest()
    return f"{epoch}-{digest[:12]}"


def is_accepted(key: str, connection: str, epoch: int, authorization: str | None) -> bool:
    """Whether an Authorization header carries this epoch's password or the last one's. Takes constant time."""
    scheme, _, encoded = (authorization or "").partition(" ")
    try:
        given = b64decode(encoded.strip(), validate=True).partition(b":")[2]
    except (NotBase64, ValueError):
        given = b""
    expected = [derive(key, connection, number).encode() for number in (epoch, epoch - 1)]
    matches = [hmac.compare_digest(given, password) for password in expected]
    return scheme.lower() == "basic" and any(matches)
