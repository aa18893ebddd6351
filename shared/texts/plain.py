"""Characters: what a work item can hold, what reads otherwise than it is, and how much of it."""

import re

# XML 1.0 forbids these, and Azure DevOps refuses or drops them.
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# They make text read otherwise than it is: https://trojansource.codes
_DIRECTION = re.compile(r"[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def one_line(text: str) -> str:
    """Return `text` as one line without characters that are illegal or mislead."""
    return " ".join(clean(text, " ").split())


def clean(text: str, instead: str = "") -> str:
    """Return `text` with its lines, without characters that mislead, and with `instead` of illegal ones."""
    return _DIRECTION.sub("", _ILLEGAL.sub(instead, text.replace("\r\n", "\n").replace("\r", "\n")))


def units(text: str) -> int:
    """Return how long Azure DevOps takes `text` to be: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(line: str, room: int, ending: str = "") -> str:
    """Return `line` and `ending` in at most `room` UTF-16 units; what is cut from `line` leaves an "…"."""
    room -= units(ending)
    if units(line) <= room:
        return line + ending
    start = line.encode("utf-16-le", "surrogatepass")[: 2 * (room - 1)]
    return f"{start.decode('utf-16-le', 'ignore').rstrip()}…{ending}"
