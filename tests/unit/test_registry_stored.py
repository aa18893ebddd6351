"""Registries as they are stored: read as they were written, by later versions too, and made again where they differ."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest

from shared.errors import RefusedError
from shared.registries.graph import Registry
from shared.registries.keeping import kept, packing
from shared.registries.keeping.kept import Content, Kept
from shared.registries.keeping.kept_registry import packed, unpacked
from shared.registries.keeping.packing import compressed, decompressed
from shared.registries.reading import Summary
from tests.unit.small_repositories import shop

STORED = Path(__file__).with_name("stored") / "registry.json"
SOURCE = """
from typing import TYPE_CHECKING
from .plugins import get, register

@register("base")
class Base:
    '''What all are made of.'''

@register("one")
class One(Base):
    def __init__(self, base: Base, two): get("two"), get("nobody")

@register("two")
def two(one=One): ...

@register("two")
def again(): ...

if TYPE_CHECKING:
    @register(chosen())
    def unknown(): ...
"""


def example() -> Registry:
    return shop(SOURCE, broken="def (")


def test_what_was_stored_is_read_and_what_the_same_source_says_is_still_the_same() -> None:
    """Where the second fails on purpose, raise `_READER`: else what was stored before is answered for ever."""
    text = STORED.read_text("utf-8")

    assert unpacked(compressed(text.encode())) == example()
    assert json.loads(decompressed(packed(example()))) == json.loads(text)


def test_every_part_of_the_model_is_in_the_example() -> None:
    found = example()

    assert all([found.nodes, found.edges, found.cycles, found.dangling, found.duplicates])
    assert all([found.unresolved, found.unparsed, found.conventions, found.files])


def test_halves_of_surrogate_pairs_are_stored() -> None:
    source = 'from .plugins import get, register\n@register("a")\ndef f(): get("b\\ud800")'
    found = unpacked(packed(shop(source)))

    assert found
    assert [one.name for one in found.dangling] == ["b?"]


@pytest.mark.parametrize("content", [b"", b"no zlib", compressed(b"{}"), compressed(b'{"schema":2,"registry":{}}')])
def test_what_cannot_be_read_is_none(content: bytes) -> None:
    assert unpacked(content) is None


KEPT = Kept(
    "d1",
    b"[[convention]]",
    "o1",
    {
        Content(f"o{number}", ".py"): Summary({"of": "python", "uses": [":a"]}, partial(str, f"{{}}\nn{number} é"))
        for number in range(40)
    },
)


def written_out(found: Kept | None) -> object:
    assert found
    summaries = {content: (one.head, one.rest()) for content, one in found.summaries.items()}
    return found.digest, found.own, found.own_id, summaries


def without(found: Kept | None, *contents: int) -> Kept:
    assert found
    left = {
        content: one for content, one in found.summaries.items() if content.object_id not in map("o{}".format, contents)
    }
    return replace(found, summaries=left)


def test_summaries_are_read_as_they_were_stored() -> None:
    assert written_out(kept.unpacked(kept.packed(KEPT))) == written_out(KEPT)


def test_what_stays_is_stored_once_more_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kept.unpacked(kept.packed(KEPT))
    packing_again, unpacking = Mock(side_effect=compressed), Mock(side_effect=decompressed)
    monkeypatch.setattr(kept, "compressed", packing_again)
    monkeypatch.setattr(kept, "decompressed", unpacking)
    after = without(before, 3)
    after = replace(after, summaries={**after.summaries, Content("new", ".py"): Summary({}, lambda: "{}\nnew")})

    found = kept.unpacked(kept.packed(after))

    assert packing_again.call_count == unpacking.call_count == 1, "the rest of the pack in which something changed"
    assert written_out(found) == written_out(after)
    assert written_out(kept.unpacked(kept.packed(without(found, 1, 20, 39)))) == written_out(without(after, 1, 20, 39))


@pytest.mark.parametrize(
    ("stored", "instead"),
    [(b'"schema": 3', b'"schema": 2'), (b"d1", b"\xff"), (b'"own_id"', b'"id"'), (b'{"sch', b"["), (b"\0x", b"\0y")],
)
def test_summaries_that_cannot_be_read_are_made_again(stored: bytes, instead: bytes) -> None:
    packed = kept.packed(KEPT)
    assert stored in packed

    assert kept.unpacked(packed.replace(stored, instead)) is None


def test_summaries_that_were_cut_off_are_made_again() -> None:
    assert kept.unpacked(kept.packed(KEPT)[:-1]) is None


def test_more_than_is_kept_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_PACKED", 20)

    with pytest.raises(RefusedError) as caught:
        kept.packed(KEPT)
    assert caught.value.hint == "Narrow the conventions in its registry.toml."
