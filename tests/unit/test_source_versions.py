"""Which commit a name means."""

from collections.abc import Mapping

import pytest

from shared.azure_devops.repositories import Repository
from shared.errors import NotFoundError, RejectedRequestError
from shared.registries.sources.versions import Version, resolve
from tests.unit.canned import JSON, Answering, ok

ONE, TWO, TREE = "1" * 40, "2" * 40, "3" * 40
SHOP = Repository("r", "shop", "p", "refs/heads/main", disabled=False)
MISSING: tuple[int, Mapping[str, str], bytes] = (404, JSON, b'{"message": "TF401175: no such version"}')


def refs_of(found: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    return ok({"value": [{"name": f"refs/{name}", "objectId": commit} for name, commit in found.items()]})


NONE = refs_of({})


def test_without_a_name_it_is_the_default_branch_by_one_call() -> None:
    azure = Answering(refs_of({"heads/main": ONE, "heads/main2": TWO}))

    assert resolve(azure.organisation, SHOP, "") == Version(ONE, "refs/heads/main")
    assert len(azure.asked) == 1


@pytest.mark.parametrize("name", ["refs/heads/feature/a", "refs/tags/v1", "refs/pull/7/merge"])
def test_a_full_name_is_that_one(name: str) -> None:
    azure = Answering(refs_of({name.removeprefix("refs/"): TWO}))

    assert resolve(azure.organisation, SHOP, name) == Version(TWO, name)


def test_a_branch_may_have_slashes_and_names_that_begin_alike() -> None:
    azure = Answering(refs_of({"heads/feature/a": ONE, "heads/feature/a/b": TWO}), NONE)

    assert resolve(azure.organisation, SHOP, "feature/a") == Version(ONE, "refs/heads/feature/a")


def test_an_annotated_tag_is_the_commit_that_it_names() -> None:
    tag = {"name": "refs/tags/v1", "objectId": TREE, "peeledObjectId": TWO}
    azure = Answering(NONE, ok({"value": [tag]}))

    assert resolve(azure.organisation, SHOP, "v1") == Version(TWO, "refs/tags/v1")


def test_what_is_a_branch_and_a_tag_is_not_guessed() -> None:
    azure = Answering(refs_of({"heads/v1": ONE}), refs_of({"tags/v1": TWO}))

    with pytest.raises(RejectedRequestError) as refused:
        resolve(azure.organisation, SHOP, "v1")
    assert refused.value.hint == "Use refs/heads/v1 or refs/tags/v1."


def test_a_branch_and_a_tag_of_the_same_commit_need_no_choice() -> None:
    azure = Answering(refs_of({"heads/v1": ONE}), refs_of({"tags/v1": ONE}))

    assert resolve(azure.organisation, SHOP, "v1") == Version(ONE, "refs/heads/v1")


def test_a_commit_is_looked_up_and_lower_case() -> None:
    azure = Answering(ok({"commitId": ("ab" * 20).upper()}))

    assert resolve(azure.organisation, SHOP, ("Ab" * 20)) == Version("ab" * 20)
    with pytest.raises(NotFoundError):
        resolve(Answering(MISSING, NONE).organisation, SHOP, ONE)


def test_a_branch_that_looks_like_a_commit_is_a_branch() -> None:
    azure = Answering(refs_of({"heads/2026": ONE}), NONE)

    assert resolve(azure.organisation, SHOP, "2026") == Version(ONE, "refs/heads/2026")


def test_the_beginning_of_an_id_is_found_whether_or_not_the_service_takes_it() -> None:
    commits = ok({"value": [{"commitId": "abcd" + "0" * 36}, {"commitId": "abce" + "0" * 36}]})
    for answers in ([ok({"commitId": "abcd" + "0" * 36})], [MISSING, commits]):
        azure = Answering(NONE, NONE, *answers)

        assert resolve(azure.organisation, SHOP, "ABCD") == Version("abcd" + "0" * 36)


def test_the_beginning_of_several_ids_is_not_guessed() -> None:
    commits = ok({"value": [{"commitId": "abcd" + "0" * 36}, {"commitId": "abcd" + "1" * 36}]})

    with pytest.raises(RejectedRequestError, match="not clear"):
        resolve(Answering(NONE, NONE, MISSING, commits).organisation, SHOP, "abcd")


def test_an_answer_about_another_commit_is_none() -> None:
    azure = Answering(ok({"commitId": TWO}), NONE)

    with pytest.raises(NotFoundError):
        resolve(azure.organisation, SHOP, ONE)


def test_an_unknown_name_comes_with_those_that_are_alike() -> None:
    azure = Answering(NONE, NONE, refs_of({"heads/develop": ONE, "heads/main": ONE}), refs_of({"tags/v1": ONE}))

    with pytest.raises(NotFoundError) as missing:
        resolve(azure.organisation, SHOP, "develpo")
    assert missing.value.hint == "Did you mean develop?"


def test_a_repository_without_a_commit_says_so() -> None:
    empty = Repository("r", "shop", "p", "", disabled=False)

    with pytest.raises(NotFoundError, match="no commit yet"):
        resolve(Answering(NONE).organisation, empty, "")


def test_a_name_is_bounded() -> None:
    with pytest.raises(RejectedRequestError):
        resolve(Answering(NONE).organisation, SHOP, "x" * 501)
