"""Repositories of a bridge's organisation, and what is asked of their registries."""

from typing import Any

import requests

from tests.functional.bridge import PROJECT, Bridge, eventually

REPOSITORY = "shop"


def push(bridge: Bridge, files: dict[str, Any] | None = None, name: str = REPOSITORY, **more: Any) -> dict[str, Any]:
    """Push one commit with exactly these files; returns the repository's id and the commit."""
    given = {} if files is None else {"files": files}
    body = {"organization": bridge.name, "project": PROJECT, "name": name, **given, **more}
    made: dict[str, Any] = bridge.control("POST", "repositories", body)
    return made


def component(name: str) -> str:
    """A module that registers one name."""
    return f'from spacy import registry\n\n\n@registry.architectures("{name}")\ndef make():\n    return 1\n'


def ask(bridge: Bridge, name: str = REPOSITORY, **request: Any) -> requests.Response:
    return bridge.ask("GET", f"connections/{bridge.name}/registries/{PROJECT}/{name}", **request)


def read(bridge: Bridge, name: str = REPOSITORY, **params: str) -> dict[str, Any]:
    """Return the answer once there is one."""

    def look() -> dict[str, Any] | None:
        answer = ask(bridge, name, params=params)
        assert answer.status_code in (200, 202), answer.text
        return dict(answer.json()) if answer.status_code == 200 else None

    return eventually(look, what="the registry")


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(node["name"] for node in answer["registry"]["nodes"])


def git_calls(bridge: Bridge) -> list[str]:
    """What Azure DevOps was asked about code, each as its method and the last part of its path."""
    asked = [one for one in bridge.asked() if "/_apis/git/" in one["path"]]
    return [f"{one['method']} {one['path'].partition('/_apis/git/')[2]}" for one in asked]
