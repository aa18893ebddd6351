"""Contents out of Azure Repos: as few calls as possible, and nothing believed that an object id does not prove."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from shared.errors import TransientError
from shared.registries.files import SourceFile, Unread
from shared.registries.sources.contents import Source, Whole
from shared.registries.sources.limits import Limits
from shared.registries.sources.object_ids import is_content_of, object_id_of
from shared.registries.sources.trees import File
from tests.unit.canned import JSON, Answering

type Canned = tuple[int, Mapping[str, str], bytes]
LIMITS = Limits(file_bytes=1000, blobs_a_call=2, blob_calls=3, single_reads=3)
TWO = {"a.py": b"one", "src/b.py": b"two"}
REFUSED: Canned = (404, JSON, b'{"message": "TF401035: no such object"}')


def zipped(files: Mapping[str, bytes]) -> Canned:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return 200, {"content-type": "application/zip"}, made.getvalue()


def plain(content: bytes) -> Canned:
    return 200, {"content-type": "application/octet-stream"}, content


def listed(files: Mapping[str, bytes]) -> list[File]:
    return [File(path, object_id_of(content)) for path, content in files.items()]


def source(*answers: Canned, limits: Limits = LIMITS, pace: Any = lambda: None) -> tuple[Source, Answering]:
    azure = Answering(*answers)
    return Source(azure.organisation, "p", "r", "c" * 40, limits, pace), azure


def read(found: Any) -> dict[str, bytes | str]:
    return {one.path: one.content if isinstance(one, SourceFile) else one.reason for one in found}


def asked(azure: Answering) -> list[str]:
    return [f"{one.method} {str(one.url).partition('/repositories/r/')[2].partition('?')[0]}" for one in azure.asked]


def test_object_ids_are_those_of_git() -> None:
    assert object_id_of(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert is_content_of("E69DE29BB2D1D6434B8B29AE775AD8C2E48C5391", b"")
    assert is_content_of("473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813", b"")


def test_all_of_a_commit_takes_one_call_whatever_its_size() -> None:
    many = {f"src/{number}.py": str(number).encode() for number in range(500)}
    reading, azure = source(zipped(many))

    assert read(Whole(reading)(listed(many))) == many
    assert asked(azure) == ["GET items"]


def test_how_the_archive_names_its_root_does_not_matter() -> None:
    reading, azure = source(zipped({f"shop/{path}": content for path, content in TWO.items()}))

    assert read(Whole(reading)(listed(TWO))) == TWO
    assert len(azure.asked) == 1


def test_what_changed_takes_a_call_for_so_many() -> None:
    files = {f"{number}.py": str(number).encode() for number in range(4)}
    answers = [zipped({"x": b"0", "y": b"1"}), zipped({"0": b"2", "1": b"3"})]
    reading, azure = source(*answers)

    assert read(reading.some_of(sorted(listed(files), key=lambda file: file.path))) == files
    assert asked(azure) == ["POST blobs"] * 2


def test_the_same_content_at_two_paths_is_asked_for_once() -> None:
    files = {"a.py": b"same", "b.py": b"same"}
    reading, azure = source(zipped({"x": b"same"}))

    assert read(reading.some_of(listed(files))) == files
    assert azure.asked[0].body == b'["' + object_id_of(b"same").encode() + b'"]'


def test_what_the_archive_holds_otherwise_is_asked_for_by_its_id() -> None:
    """Such as a service that turns the ends of lines, or an archive that lies."""
    reading, azure = source(zipped({"a.py": b"one", "src/b.py": b"two\r\n"}), zipped({"any": b"two"}))

    assert read(Whole(reading)(listed(TWO))) == TWO
    assert asked(azure) == ["GET items", "POST blobs"]


def test_what_nobody_proves_is_not_read() -> None:
    lie = zipped({"a.py": b"one", "src/b.py": b"evil"})
    reading, _ = source(lie, zipped({object_id_of(b"two"): b"evil"}), plain(b"evil"))

    assert read(Whole(reading)(listed(TWO))) == {
        "a.py": b"one",
        "src/b.py": "its content is not the one that its object id names",
    }


@pytest.mark.parametrize(
    "answer", [(200, {"content-type": "application/zip"}, b"no archive"), zipped({})], ids=["damaged", "empty"]
)
def test_without_an_archive_that_can_be_read_files_are_asked_for_by_their_ids(answer: Canned) -> None:
    reading, azure = source(answer, zipped({"1": b"one", "2": b"two"}))

    assert read(Whole(reading)(listed(TWO))) == TWO
    assert asked(azure) == ["GET items", "POST blobs"]


def test_an_archive_that_is_too_large_is_not_needed() -> None:
    reading, azure = source(
        zipped({"movie.mp4": b"x" * 5000, **TWO}),
        zipped({"1": b"one", "2": b"two"}),
        limits=Limits(archive_bytes=4000, blobs_a_call=2),
    )

    assert read(Whole(reading)(listed(TWO))) == TWO
    assert asked(azure) == ["GET items", "POST blobs"]


def test_where_several_are_not_handed_out_each_is_asked_for_alone() -> None:
    reading, azure = source(REFUSED, plain(b"one"), REFUSED)

    assert read(reading.some_of(listed(TWO))) == {
        "a.py": b"one",
        "src/b.py": "Azure DevOps does not hand out its content",
    }
    assert [one.partition("/")[0] for one in asked(azure)] == ["POST blobs", "GET blobs", "GET blobs"]


def test_what_is_large_is_left_and_said_so() -> None:
    files = {"a.py": b"one", "large.py": b"x" * 1001}
    reading, azure = source(zipped(files))

    assert read(Whole(reading)(listed(files)))["large.py"] == LIMITS.too_large
    assert asked(azure) == ["GET items"]
    reading, _ = source(zipped(files), plain(files["large.py"]))
    assert read(reading.some_of(listed(files)))["large.py"] == LIMITS.too_large


def test_calls_are_bounded_and_nothing_is_dropped() -> None:
    files = {f"{number}.py": str(number).encode() for number in range(20)}
    reading, azure = source(REFUSED)

    found = list(reading.some_of(listed(files)))

    assert {one.path for one in found} == files.keys()
    assert all(isinstance(one, Unread) for one in found)
    assert len(azure.asked) == LIMITS.blob_calls + LIMITS.single_reads


def test_whoever_watches_can_end_it_between_any_two_files() -> None:
    left = iter([None])

    def pace() -> None:
        if next(left, "over"):
            raise TransientError("over")

    reading, _ = source(zipped(TWO), pace=pace)

    with pytest.raises(TransientError, match="over"):
        list(Whole(reading)(listed(TWO)))


def test_trouble_of_azure_devops_is_trouble() -> None:
    for reading in (source((503, {}, b""))[0], source((200, {"content-type": "text/html"}, b"<html>"))[0]):
        with pytest.raises(Exception, match="Azure DevOps"):
            list(Whole(reading)(listed(TWO)))
