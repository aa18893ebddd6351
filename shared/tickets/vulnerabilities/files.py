"""Files of a work item: what did not fit into it, and what the platform sent along. Pure.

A file's name has a digest of its content, so that the same one is never attached twice and a new one is told apart.
"""

import base64
import binascii
import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from shared.texts.masking import masked
from shared.texts.plain import clean, one_line
from shared.tickets.vulnerabilities.snapshots import Attachment, Vulnerability

MAX_FILES = 30
"""Of what was sent for one ticket; a work item holds 100, and people attach theirs."""
_MAX_STEM = 80
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_STANDARD_ALPHABET = str.maketrans("-_", "+/")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|#%&{}~;]+')


@dataclass(frozen=True, slots=True)
class File:
    """A file that is to hang on the work item."""

    name: str
    content: bytes


def files_of(texts: Mapping[str, str]) -> Iterator[File]:
    """Return texts as files, by what they are."""
    return (_file(f"{name}.txt", clean(text).encode()) for name, text in texts.items())


def attached(members: Sequence[Vulnerability]) -> list[File]:
    """Return what the platform sent along with the members, each once; of too many, the last names the others."""
    sent = chain.from_iterable(member.attachments for member in members)
    files = {file.name: file for file in (_file(one.name, _content(one)) for one in sent)}
    return fitting(list(files.values()), MAX_FILES + 1)


def fitting(files: Sequence[File], most: int) -> list[File]:
    """Return the files, `most` at most: where they are more, the last one of them names those that are left out."""
    if len(files) <= most or most < 1:
        return list(files[:most])
    others = [file.name for file in files[most - 1 :]]
    words = "These files were left out, for the work item would have too many:"
    return [*files[: most - 1], _file(f"{len(others)} more, left out.txt", "\n".join([words, *others]).encode())]


def missing(files: Iterable[File], there: Sequence[str]) -> list[File]:
    """Return the files that are not among those that hang there already."""
    return [file for file in files if file.name not in there]


def _file(name: str, content: bytes) -> File:
    stem, dot, ending = _NOT_IN_NAMES.sub("_", one_line(masked(name))).strip(" .").rpartition(".")
    if not dot:
        stem, ending = ending, "txt"
    digest = hashlib.sha256(content).hexdigest()[:8]
    return File(f"{(stem or 'file')[:_MAX_STEM]}-{digest}.{ending[:10]}", content)


def _content(one: Attachment) -> bytes:
    """What claims to be Base64 and is not, is text. Secrets are masked, however they were sent."""
    content = one.content.encode()
    if one.encoding == "base64":
        with suppress(binascii.Error):
            content = base64.b64decode(_plain_base64(one.content), validate=True)
    return _without_secrets(content)


def _plain_base64(text: str) -> str:
    """Return Base64 without the line breaks of mails, in the alphabet that is not for addresses, and padded."""
    characters = "".join(text.split()).translate(_STANDARD_ALPHABET).rstrip("=")
    return characters + "=" * (-len(characters) % 4)


def _without_secrets(content: bytes) -> bytes:
    """Mask in the encoding that a file has; as Latin-1 every byte is a character, and all others stay as they are."""
    encodings = ("utf-16", "latin-1") if content.startswith(_UTF_16) else ("utf-8", "latin-1")
    for encoding in encodings:
        with suppress(UnicodeError):
            text = content.decode(encoding)
            shown = masked(text)
            return content if shown == text else shown.encode(encoding)
    return content
