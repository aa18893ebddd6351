"""The bytes of a source file → text that may be parsed, within bounds that keep time and memory small."""

import re

_MOST_BYTES = 2_000_000
# `x,` a million times is 2 MB, half a minute and 1.3 GB as a tree. Sources of this size have a quarter as many tokens.
_MOST_TOKENS = 400_000
_TOKEN = re.compile(rb"\w+|[^\w\s]")
# https://peps.python.org/pep-0263/
_DECLARED = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BOM = b"\xef\xbb\xbf"
# Codecs are code that a name chooses: only those that are nothing but tables.
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso8859-1", "iso-8859-2", "iso-8859-15"}
    | {
        "cp1250",
        "cp1251",
        "cp1252",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "koi8-r",
        "gbk",
        "gb2312",
        "gb18030",
    }
    | {"big5", "shift_jis", "euc-jp", "euc-kr", "utf-8-sig"}
)


class UnreadableError(ValueError):
    """A source that is not parsed; the message says why, for people, without the source."""


def text_of(content: bytes) -> str:
    """Return the text of a Python source, its lines ended by "\\n".

    Raises `UnreadableError`.
    """
    if len(content) > _MOST_BYTES:
        raise UnreadableError(f"larger than {_MOST_BYTES // 1_000_000} MB")
    if b"\0" in content:
        raise UnreadableError("contains null bytes")
    if len(content) > _MOST_TOKENS and len(_TOKEN.findall(content)) > _MOST_TOKENS:
        raise UnreadableError(f"has more than {_MOST_TOKENS:,} words and signs")
    encoding = _encoding_of(content)
    try:
        text = content.removeprefix(_BOM).decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not {encoding} text (byte {error.start})") from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _encoding_of(content: bytes) -> str:
    for line in content.split(b"\n", 2)[:2]:
        if found := _DECLARED.match(line):
            return _allowed(found[1].decode().lower().replace("_", "-"))
        if line.strip() and not line.lstrip().startswith(b"#"):
            break
    return "utf-8"


def _allowed(encoding: str) -> str:
    name = {"shift-jis": "shift_jis", "sjis": "shift_jis"}.get(encoding, encoding)
    if name in _ENCODINGS:
        return name
    if name.startswith(("utf-8-", "latin-1-", "iso-8859-1-")):  # utf-8-unix, as editors write it
        return "utf-8" if name.startswith("utf-8") else "latin-1"
    raise UnreadableError("declares an encoding that is not read here")
