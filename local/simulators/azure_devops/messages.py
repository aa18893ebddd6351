"""The sentences of an event, in the three forms in which service hooks carry them."""

import html
from dataclasses import dataclass

type Forms = dict[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about: a work item, its page (empty where it has none any more), the verb and who did it."""

    label: str
    title: str
    page: str
    verb: str
    by: str


def short(subject: Subject) -> Forms:
    """Return the one-line message."""
    rest = f"({subject.title}) {subject.verb} by {subject.by}."
    page = html.escape(subject.page)
    where = f"\r\n({subject.page})" if subject.page else ""
    title = html.escape(rest)
    return {
        "text": f"{subject.label} {rest}{where}",
        "html": f'<a href="{page}">{subject.label}</a> {title}' if page else f"{subject.label} {title}",
        "markdown": f"[{subject.label}]({subject.page}) {rest}" if page else f"[{subject.label}] {rest}",
    }


def detailed(subject: Subject, facts: dict[str, str], comment: str = "") -> Forms:
    """Return the message with a list of facts, or with the comment that was made."""
    brief = short(subject)
    if comment:
        return {
            "text": f"{brief['text']}\r\n{comment}",
            "html": f"{brief['html']}<br/>{comment}",
            "markdown": f"{brief['markdown']}\r\n{comment}",
        }
    lines = [f"{name}: {value}" for name, value in facts.items()]
    items = "\r\n".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return {
        "text": f"{brief['text']}\r\n\r\n" + "".join(f"- {line}\r\n" for line in lines),
        "html": f"{brief['html']}<ul>\r\n{items}</ul>",
        "markdown": f"{brief['markdown']}\r\n\r\n" + "".join(f"* {line}\r\n" for line in lines),
    }
