"""What is answered of commits that were read: the registry, or what differs between two, in the form that is asked for.

Answers hold nothing but what their ETag stands for: no times, and not how they were read.
"""

import json
from collections.abc import Sequence
from typing import Literal, TypedDict

from shared.registries.drawing import as_mermaid, as_svg
from shared.registries.graph import DifferenceView, Registry, RegistryView, as_json, difference
from shared.registries.keeping.questions import Asked
from shared.registries.keeping.registries import Question
from shared.validation import well_formed

type Form = Literal["json", "mermaid", "svg"]


class CommitView(TypedDict):
    """A commit, and the full name of the branch or tag that was asked for, null where it was a commit."""

    ref: str | None
    commit: str


class AnswerView(TypedDict):
    """What a repository registers at a commit, or with `against` what differs from another: the other one is null."""

    connection: str
    project: str
    repository: str
    at: CommitView
    against: CommitView | None
    registry: RegistryView | None
    difference: DifferenceView | None


def shown(question: Question, registries: Sequence[Registry], form: Form) -> str:
    """Return the answer's text, of the registry of each of the question's commits."""
    registry, *earlier = registries
    against = earlier[0] if earlier else None
    match form:
        case "json":
            text = json.dumps(_view(question, registry, against), ensure_ascii=False)
        case "mermaid":
            text = as_mermaid(registry, against=against)
        case "svg":
            text = as_svg(registry, link_to=question.asked.link, against=against)
    return well_formed(text)


def _view(question: Question, registry: Registry, earlier: Registry | None) -> AnswerView:
    asked, against = question.asked, question.against
    return {
        "connection": asked.connection.name,
        "project": asked.repository.project_name,
        "repository": asked.repository.name,
        "at": _commit(asked),
        "against": _commit(against) if against else None,
        "registry": None if earlier else as_json(registry, link_to=asked.link),
        "difference": difference(earlier, registry) if earlier else None,
    }


def _commit(asked: Asked) -> CommitView:
    return {"ref": asked.version.ref or None, "commit": asked.version.commit}
