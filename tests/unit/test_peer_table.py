"""Each failure and complaint of the list has a test that exists, or a reason why not."""

import ast
from pathlib import Path

import pytest

from tests.peers import PEERS, Peer

TESTS = Path(__file__).parents[1]
FAILURES, COMPLAINTS = 22, 50


def test_every_number_is_there() -> None:
    numbers = [f"3.{n}" for n in range(1, FAILURES + 1)] + [f"5.{n}" for n in range(1, COMPLAINTS + 1)]

    assert list(PEERS) == numbers


@pytest.mark.parametrize("number", PEERS)
def test_it_has_a_test_or_an_excuse(number: str) -> None:
    peer: Peer = PEERS[number]

    assert bool(peer.tests) != bool(peer.excused)
    for test in peer.tests:
        path, _, name = test.partition("::")
        assert name in functions(TESTS / path) or name == "runTest", f"{test} is not there"


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("test", sorted({test for peer in PEERS.values() for test in peer.tests}))
def test_none_is_left_to_make_thorough(test: str) -> None:
    path, _, name = test.partition("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    named = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name]
    marks = [mark for node in named for mark in node.decorator_list]
    of_all = [node.value for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node)]
    left = [mark for mark in (*marks, *of_all) if "mark.thorough" in ast.unparse(mark)]

    assert [ast.unparse(mark) for mark in left if not ast.unparse(mark).startswith("pytest.mark.parametrize")] == []
