"""What a work item says about its vulnerabilities: its title and its description.

The link's templates make them, else the standard text; a redacted link shows a severity and the way back. Pure and
deterministic. A scanner wrote all this about code that anyone may have written: it is escaped or sanitised, never
trusted. `members` are not empty: those that still count first, the worst first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.connections.defaults import Defaults
from shared.connections.template_checks import text_format
from shared.texts.formats import PLAIN, Format
from shared.texts.plain import one_line, shortened
from shared.tickets.item_content.standard_text import StandardText
from shared.tickets.vulnerabilities.files import File, attached, files_of
from shared.tickets.vulnerabilities.snapshots import Location, Vulnerability
from shared.tickets.vulnerabilities.together import due, severity

# https://learn.microsoft.com/azure/devops/organizations/settings/work/object-limits
MAX_TITLE = 255
MAX_MEMBERS = 100
"""So many a template can name."""
_CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a work item. `problem` says why it is not what the link's template makes; empty if all is well."""

    text: str
    problem: str = ""
    files: tuple[File, ...] = ()
    """What is attached: in full what did not fit, and what the platform sent."""


def title(members: Sequence[Vulnerability], making: Defaults, *, ticket_url: str) -> Text:
    """Return the title: one line of at most 255 UTF-16 units, cut with "…"; never empty."""
    if making.redacted:
        return Text(f"{severity(members).value.capitalize()} vulnerability {ticket_url[-_CODE_LENGTH:]}")
    standard = _standard_title(members)
    if not making.title_template:
        return Text(standard)
    values = template_values(members, standard=standard, ticket_url=ticket_url)
    made = _from_template(making.title_template, PLAIN, values)
    line = one_line(made.text)
    if not line:
        return Text(standard, made.problem or "it makes an empty title")
    return Text(shortened(line, MAX_TITLE), made.problem)


def description(
    members: Sequence[Vulnerability], making: Defaults, *, ticket_url: str, title_problem: str = ""
) -> Text:
    """Return the description in the link's format, at most 1,000,000 UTF-16 units; `ticket_url` leads to the ticket.

    Links are http, https or mailto; there are no images, styles, scripts or handlers.
    """
    shape = text_format(making)
    if making.redacted:
        return Text(_redacted(shape, members, ticket_url))
    standard = StandardText(shape, members)
    text, problem = standard.written(ticket_url), ""
    if making.description_template:
        values = template_values(members, standard=_written(text), ticket_url=ticket_url)
        own = _from_template(making.description_template, shape, values)
        text, problem = own.text or text, own.problem
    files = (*files_of(standard.cut), *attached(members))
    notes = _note(shape, "title", title_problem) + _note(shape, "description", problem)
    return Text(notes + text + _named(shape, files), problem, files)


def template_values(members: Sequence[Vulnerability], **own: object) -> dict[str, Any]:
    """Return what a template can name: the first member's values, all members, and what they say together."""
    shown = [_values(member) for member in members[:MAX_MEMBERS]]
    day = due(members)
    together = {"severity": severity(members).value, "due": day.isoformat() if day else None, "count": len(members)}
    return {**shown[0], **together, "members": shown, **own}


def _values(member: Vulnerability) -> dict[str, Any]:
    """A template asks for parts of a location without knowing whether there is one."""
    values = member.model_dump(mode="json", exclude={"attachments"})
    return {**values, "location": values["location"] or Location().model_dump()}


def _standard_title(members: Sequence[Vulnerability]) -> str:
    first = members[0]
    more = f" (and {len(members) - 1} more)" if len(members) > 1 else ""
    return shortened(one_line(first.title) or one_line(first.id) or "Vulnerability", MAX_TITLE, more)


def _redacted(shape: Format, members: Sequence[Vulnerability], ticket_url: str) -> str:
    ways = ((members[0].url, "Open in the security platform"), (ticket_url, "Ticket"))
    links = [link for url, words in ways if (link := shape.link(url, words)) != words]
    return shape.paragraph(f"Severity: {severity(members).value}") + shape.paragraph(
        " · ".join([*links, "Who may see more finds it there"])
    )


def _from_template(source: str, shape: Format, values: Mapping[str, Any]) -> Text:
    from shared.texts.templates import TemplateFailedError, rendered  # noqa: PLC0415  most links have no template

    try:
        return Text(rendered(source, shape, values))
    except TemplateFailedError as error:
        return Text("", str(error))


def _written(text: str) -> Any:
    """Mark a text of ours as written in the format already."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(text)  # noqa: S704


def _named(shape: Format, files: Sequence[File]) -> str:
    """Say what is attached: a file that changes has another name, so that the text changes with it."""
    return shape.paragraph(f"Attached: {', '.join(shape.text(file.name) for file in files)}") if files else ""


def _note(shape: Format, what: str, problem: str) -> str:
    if not problem:
        return ""
    words = f"The link's template of the {what} could not be used ({problem}); this is the standard text."
    return shape.paragraph(shape.text(words))
