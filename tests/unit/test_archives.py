"""Archives of strangers: whatever is in them, nothing is written, little is unpacked, and nothing false is believed."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.registries.sources.archives import Archive, TooLargeError, UnreadableError

MOST = 1000


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return made.getvalue()


def opened(content: bytes, *, entries: int = 100, total: int = 100_000) -> Archive:
    return Archive(content, most_entries=entries, most_bytes=total)


def why_not(content: bytes, name: str = "a.py") -> str:
    with pytest.raises(UnreadableError) as refused:
        opened(content).read(name, most=MOST)
    return str(refused.value)


def test_what_is_plain_is_read() -> None:
    archive = opened(packed(("a.py", b"one"), ("src/b.py", b"")))

    assert archive.names == ["a.py", "src/b.py"]
    assert [archive.read(name, most=MOST) for name in archive.names] == [b"one", b""]


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"no archive", b"PK\x05\x06" + b"\xff" * 18, packed(("a", b"b"))[:-3]],
    ids=["empty", "two bytes", "text", "an end alone", "cut off"],
)
def test_what_is_no_archive_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(UnreadableError, match="damaged"):
        opened(content)


def test_paths_that_lead_elsewhere_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["../up.py", "/etc/passwd.py", "C:\\x.py", "a/../../b.py", "..\\c.py", "\\\\host\\share.py"]

    archive = opened(packed(*((name, b"x") for name in names)))

    assert [content for _, content in archive.contents(most=MOST)] == [b"x"] * len(names)
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_text_and_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    link = zipfile.ZipInfo("a.py")
    link.create_system, link.external_attr = 3, 0o120777 << 16

    assert opened(packed((link, str(tmp_path / "secret").encode()))).read("a.py", most=MOST).endswith(b"/secret")


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed(("a.py", b"\0" * 5_000_000))
    assert len(bomb) < 100_000

    tracemalloc.start()
    with pytest.raises(TooLargeError):
        opened(bomb).read("a.py", most=MOST)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


def lying(size: int) -> bytes:
    """Five megabytes that say to be a few bytes, in both of an archive's records."""
    bomb = packed(("a.py", b"\0" * 5_000_000))
    return bomb.replace(struct.pack("<L", 5_000_000), struct.pack("<L", size))


def test_sizes_that_lie_unpack_no_more_than_they_say() -> None:
    bomb = lying(10)
    tracemalloc.start()
    assert why_not(bomb) == "it is damaged in the archive"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1_000_000


def test_many_small_bombs_share_one_bound() -> None:
    archive = opened(packed(*((f"{number}.py", b"\0" * 900) for number in range(50))), total=10_000)

    found = [content for _, content in archive.contents(most=MOST)]

    assert [isinstance(content, bytes) for content in found] == [True] * 11 + [False] * 39


def test_entries_that_share_their_bytes_are_not_read_twice() -> None:
    """The quine-like bombs: a million entries that all point to one."""
    content = bytearray(packed(("a.py", b"x" * 900), ("b.py", b"y" * 900)))
    second = content.rindex(b"PK\x01\x02")
    struct.pack_into("<L", content, second + 42, 0)  # where its local header is said to be

    assert why_not(bytes(content), "b.py") == "it is damaged in the archive"


def test_more_entries_than_allowed_are_not_even_listed() -> None:
    many = packed(*((f"{number}.py", b"") for number in range(101)))

    with pytest.raises(UnreadableError, match="more than 100 entries"):
        opened(many)
    hidden = bytearray(many)
    struct.pack_into("<HH", hidden, hidden.rindex(b"PK\x05\x06") + 8, 1, 1)  # says that there is one
    with pytest.raises(UnreadableError, match="more than 100 entries"):
        opened(bytes(hidden))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_is_there_twice_could_be_either() -> None:
    archive = opened(packed(("a.py", b"one"), ("a.py", b"two"), ("b.py", b"three")))

    assert archive.names == ["b.py"]


def with_nul() -> bytes:
    return packed(("a.pyX.txt", b"x")).replace(b"a.pyX.txt", b"a.py\0.txt")


def encrypted() -> bytes:
    content = bytearray(packed(("a.py", b"x")))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    return bytes(content)


def cut() -> bytes:
    content = bytearray(packed(("a.py", b"x" * 900)))
    content[40] ^= 0xFF
    return bytes(content)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (with_nul, "its name in the archive is not what it seems"),
        (encrypted, "it is encrypted"),
        (lambda: packed(("a.py", b"x"), method=zipfile.ZIP_LZMA), "it is compressed by a method that is not read"),
        (lambda: packed(("a.py", b"x"), method=zipfile.ZIP_BZIP2), "it is compressed by a method that is not read"),
        (cut, "it is damaged in the archive"),
    ],
)
def test_what_is_not_read_is_said_why(made: Callable[[], bytes], reason: str) -> None:
    assert why_not(made()) == reason
