"""Git's names of contents, by which an archive cannot claim to hold what it does not. Pure.

https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
"""

import hashlib

_SHA256_DIGITS = 64  # https://git-scm.com/docs/hash-function-transition; Azure Repos has SHA-1 as yet


def object_id_of(content: bytes, *, digits: int = 40) -> str:
    """Return the object id of a file's content, in as many hexadecimal digits as ids of the repository have."""
    kind = hashlib.sha256 if digits == _SHA256_DIGITS else hashlib.sha1
    made = kind(f"blob {len(content)}\0".encode(), usedforsecurity=False)
    made.update(content)
    return made.hexdigest()


def is_content_of(object_id: str, content: bytes) -> bool:
    """Whether a content is the one that an object id names."""
    return object_id_of(content, digits=len(object_id)) == object_id.lower()
