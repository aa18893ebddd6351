"""What is answered of commits that were read: the registry, or what differs between two, in the form that is asked for.

Answers hold nothing but what their ETag stands for: no times, and not how they were read.
"""

import json
from collections.abc import Sequence
from typing import Literal, TypedDict

from shared.registries.conventions import conventions_of
from shared.registries.drawing import as_mermaid, as_svg
from shared.registries.graph import DifferenceView, Registry, RegistryView, as_json, difference
from shared.registries.keeping.kept import Kept
from shared.registries.keeping.questions import Asked
from shared.registries.keeping.registries import Question
from shared.registries.reading import assemble
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


def shown(question: Question, kept: Sequence[Kept], form: Form) -> str:
    """Return the answer's text. A difference has one form, JSON. Names may hold halves of surrogate pairs."""
    registries = [_registry(asked, one) for asked, one in zip(question.all, kept, strict=True)]
    match form:
        case "json":
            text = json.dumps(view(question, registries), ensure_ascii=False)
        case "mermaid":
            text = as_mermaid(registries[0])
        case "svg":
            text = as_svg(registries[0], link_to=question.asked.link)
    return well_formed(text)


def view(question: Question, registries: Sequence[Registry]) -> AnswerView:
    """Return the answer as JSON has it."""
    asked, against = question.asked, question.against
    return {
        "connection": asked.connection.name,
        "project": asked.repository.project_name,
        "repository": asked.repository.name,
        "at": _commit(asked),
        "against": _commit(against) if against else None,
        "registry": None if against else as_json(registries[0], link_to=asked.link),
        "difference": difference(registries[1], registries[0]) if against else None,
    }


def _registry(asked: Asked, kept: Kept) -> Registry:
    summaries = {path: summary.text for path, summary in kept.summaries.items()}
    return assemble(summaries, kept.unread, conventions_of(kept.own, asked.given))


def _commit(asked: Asked) -> CommitView:
    return {"ref": asked.version.ref or None, "commit": asked.version.commit}
