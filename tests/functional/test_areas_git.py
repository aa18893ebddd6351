"""Repositories and what is in them: our client against the simulator."""

import io
import subprocess
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.azure_devops import entitlements, repositories, sources
from shared.azure_devops import personal_access_tokens as tokens
from shared.azure_devops.organisation import TOO_LARGE
from shared.azure_devops.paging import every
from shared.azure_devops.sources import Version
from shared.errors import CredentialError, NotFoundError, RefusedError
from tests.functional.azure_devops_client import APPLICATION, Client, azure_devops, client

PROJECT = "Mobile"
MAIN = Version("branch", "main")
BINARY = bytes(range(256))
FILES: dict[str, str | dict[str, str]] = {
    "src/app.ts": "import { a } from './a';\n",
    "src/deep/er/a.ts": "export const a = 1;\n",
    "src.txt": "sorts before the folder src",
    "page.html": "<html>Sign In</html>",
    "logo.png": {"base64": b64encode(BINARY).decode()},
    "with space & ümlaut.txt": "ü",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops(tmp_path_factory.mktemp("git") / "state.db") as address:
        yield address


@pytest.fixture
def contoso(base: str) -> Iterator[Client]:
    with client(base) as made:
        yield made


def commit(contoso: Client, name: str = "shop", **more: Any) -> Any:
    asked = {"organization": contoso.name, "project": PROJECT, "name": name, "files": FILES, **more}
    return contoso.control("POST", "repositories", asked)


def read(contoso: Client, path: str, version: Version = MAIN, max_bytes: int = 1000) -> bytes:
    return contoso.do(sources.read_file(PROJECT, "shop", version, path, max_bytes=max_bytes))


def test_repositories_say_what_can_be_read_of_them(contoso: Client) -> None:
    made = commit(contoso)
    contoso.control("POST", "repositories", {"organization": contoso.name, "project": PROJECT, "name": "empty"})
    commit(contoso, "old", disabled=True)

    found = {repository.name: repository for repository in contoso.do(repositories.list_repositories(PROJECT))}

    assert (found["shop"].id, found["shop"].default_branch) == (made["id"], "refs/heads/main")
    assert found["empty"].default_branch == ""
    assert (found["old"].disabled, found["shop"].disabled) == (True, False)
    assert contoso.do(repositories.get_repository(PROJECT, made["id"])) == found["shop"]
    for name in ("empty", "old", "none"):
        with pytest.raises(NotFoundError):
            contoso.do(sources.list_items(PROJECT, name, MAIN))


@pytest.mark.thorough
def test_refs_of_more_than_one_page_are_all_listed(contoso: Client) -> None:
    made = commit(contoso, tag="v1.0")
    for number in range(1003):
        commit(contoso, branch=f"feature/{number:04}", files={"a": "b"})

    organisation = contoso.as_bearer("ada")
    heads = list(every(organisation, lambda token: repositories.list_refs(PROJECT, "shop", "heads/", token)))
    tags = list(every(organisation, lambda token: repositories.list_refs(PROJECT, "shop", "tags/", token)))

    assert [ref.name for ref in heads] == [
        *(f"refs/heads/feature/{number:04}" for number in range(1003)),
        "refs/heads/main",
    ]
    assert tags == [repositories.Ref("refs/tags/v1.0", made["commit"])]


def test_a_tree_is_listed_with_the_names_that_git_gives(contoso: Client, tmp_path: Path) -> None:
    made = commit(contoso)
    items = {item.path: item for item in contoso.do(sources.list_items(PROJECT, "shop", MAIN))}

    assert {path for path, item in items.items() if not item.folder} == {f"/{name}" for name in FILES}
    assert {path for path, item in items.items() if item.folder} == {"/", "/src", "/src/deep", "/src/deep/er"}
    assert {item.commit for item in items.values()} == {made["commit"]}
    assert items["/"].object_id == _tree_of_git(tmp_path)


def _tree_of_git(folder: Path) -> str:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), "-c", "core.autocrlf=false", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(BINARY if isinstance(content, dict) else content.encode())
    git("init", "--quiet")
    git("add", ".")
    return git("write-tree")


def test_a_folder_is_listed_alone(contoso: Client) -> None:
    commit(contoso)

    found = contoso.do(sources.list_items(PROJECT, "shop", MAIN, "/src/deep"))

    assert [item.path for item in found] == ["/src/deep", "/src/deep/er", "/src/deep/er/a.ts"]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_as_it_is(contoso: Client, name: str) -> None:
    commit(contoso)
    content = FILES[name]
    expected = content.encode() if isinstance(content, str) else BINARY

    assert read(contoso, f"/{name}") == expected
    listed = {item.path: item.object_id for item in contoso.do(sources.list_items(PROJECT, "shop", MAIN))}
    blob = sources.read_blob(PROJECT, "shop", listed[f"/{name}"], max_bytes=1000)
    assert contoso.do(blob) == expected


def test_each_kind_of_version_is_read(contoso: Client) -> None:
    first = commit(contoso, files={"a": "one"}, tag="v1")["commit"]
    commit(contoso, files={"a": "two"})

    assert read(contoso, "/a") == b"two"
    assert read(contoso, "/a", Version("tag", "v1")) == b"one"
    assert read(contoso, "/a", Version("commit", first)) == b"one"
    for version in (Version("branch", "none"), Version("tag", "none"), Version("commit", "0" * 40)):
        with pytest.raises(NotFoundError, match="TF401175"):
            read(contoso, "/a", version)
    with pytest.raises(NotFoundError, match="TF401174"):
        read(contoso, "/b")


def test_an_archive_holds_every_file(contoso: Client) -> None:
    commit(contoso)

    content = contoso.do(sources.read_archive(PROJECT, "shop", MAIN, max_bytes=100_000))

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert set(archive.namelist()) == set(FILES)
        assert archive.read("logo.png") == BINARY


def test_what_is_larger_than_allowed_is_not_read(contoso: Client) -> None:
    commit(contoso, files={"large": "x" * 300_000, "fits": "x" * 1000})

    assert len(read(contoso, "/fits")) == 1000
    with pytest.raises(RefusedError) as refused:
        read(contoso, "/large")
    assert refused.value.rule == TOO_LARGE
    with pytest.raises(RefusedError):
        contoso.do(sources.read_archive(PROJECT, "shop", MAIN, max_bytes=100))


def test_code_takes_a_right_and_a_scope(contoso: Client) -> None:
    commit(contoso)
    listing = repositories.list_repositories(PROJECT)
    reading = sources.read_file(PROJECT, "shop", MAIN, "/src/app.ts", max_bytes=1000)

    without = contoso.as_token(contoso.organization.token(may_read_code=False))
    assert without.do(listing) == []
    with pytest.raises(NotFoundError, match="TF401019"):
        without.do(reading)
    with pytest.raises(CredentialError):
        contoso.as_token(contoso.organization.token(scopes=["vso.work"])).do(listing)
    assert contoso.as_token(contoso.organization.token(scopes=["vso.code"])).do(reading)


def test_a_folder_of_this_machine_can_be_committed(contoso: Client, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text("secret")
    (tmp_path / "a.ts").write_text("1")
    commit(contoso, folder=str(tmp_path))

    assert [item.path for item in contoso.do(sources.list_items(PROJECT, "shop", MAIN))] == ["/", "/a.ts"]


def test_one_item_is_described_with_its_content_where_that_is_asked_for(contoso: Client) -> None:
    commit(contoso)
    path = f"{PROJECT}/_apis/git/repositories/shop/items"

    bare = contoso.organization.call("GET", path, params={"path": "/src/app.ts"}).json()
    full = contoso.organization.call("GET", path, params={"path": "/src/app.ts", "includeContent": "true"}).json()

    assert full == bare | {"content": FILES["src/app.ts"]}
    assert bare["gitObjectType"] == "blob"


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with azure_devops(tmp_path / "state.db") as base, client(base) as contoso:
        commit(contoso)
        made = contoso.do(tokens.create_token("bridge", ("vso.code",), datetime.now(UTC) + timedelta(days=1)))
        contoso.do(entitlements.add_service_principal(APPLICATION.mail))
        path = f"/{contoso.name}"

    with azure_devops(tmp_path / "state.db") as base, client(base) as other:
        listing = repositories.list_repositories(PROJECT)
        holder = f"Basic {b64encode(f':{made.value}'.encode()).decode()}"
        for credential in (holder, "Bearer application"):
            assert [found.name for found in other.at(base + path, credential).do(listing)] == [PROJECT, "shop"]
