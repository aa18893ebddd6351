"""The table of mutations fits the code: each one still takes something away."""

import ast

import pytest

from tests.mutations.protections import MUTATIONS, REPOSITORY, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.protection)
def test_what_is_taken_away_is_there_once_and_leaves_a_program(mutation: Mutation) -> None:
    texts: dict[str, str] = {}
    for edit in mutation.edits:
        text = texts.setdefault(edit.file, (REPOSITORY / edit.path).read_text(encoding="utf-8"))
        assert text.count(edit.old) == 1
        texts[edit.file] = text.replace(edit.old, edit.new)

    for text in texts.values():
        assert ast.parse(text)
    assert (REPOSITORY / mutation.test.partition("::")[0]).is_file()
