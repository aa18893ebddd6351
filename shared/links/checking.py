"""Checks what a link would make against the live project; every problem is found, not only the first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.azure_devops.classification_nodes import area_paths, iteration_paths
from shared.azure_devops.fields import TypeField, fields, type_fields
from shared.azure_devops.organisation import Organisation
from shared.azure_devops.paging import every
from shared.azure_devops.projects import Project, get_project, list_projects, work_item_types
from shared.azure_devops.work_items import add_fields, get_many, validate_create
from shared.connections.defaults import PRIORITY, STANDARD_PRIORITIES, Defaults, FromSnapshot
from shared.connections.template_checks import check_templates
from shared.errors import FieldProblem, NotFoundError, RefusedError
from shared.links.assignees import people
from shared.links.item_fields import below, constants, set_once
from shared.texts.near import named, near

_EXAMPLE: Mapping[str, Any] = {"System.Title": "A check of this link: nothing is created"}
_DESCRIPTIONS = ("System.Description", "Microsoft.VSTS.TCM.ReproSteps")
# Azure DevOps sets these itself when an item is made.
_GIVEN = ("System.Title", "System.State", "System.AreaPath", "System.IterationPath", "System.Reason", PRIORITY)
_COVERED = frozenset(name.casefold() for name in (*_GIVEN, *_DESCRIPTIONS))


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found: the project, the type and (by the names that were given) the fields as they are written there.

    Empty where there is none.
    """

    project: Project | None
    work_item_type: str
    problems: tuple[FieldProblem, ...]
    fields: Mapping[str, str]


def check(organisation: Organisation, wanted: str, making: Defaults, tag: str) -> Findings:
    """Check a link's project and settings. Raises what Azure DevOps raises when it cannot be asked."""
    try:
        project = organisation.do(get_project(wanted))
    except NotFoundError:
        return Findings(None, "", (_no_project(organisation, wanted),), {})
    names = organisation.do(work_item_types(project.id))
    work_item_type = next((name for name in names if name.casefold() == making.work_item_type.casefold()), "")
    problems = [*_paths(organisation, project, making), *check_templates(making), *_redaction(making)]
    problems += _parent(organisation, making)
    if not work_item_type:
        problems.insert(0, FieldProblem("/work_item_type", _one_of(making.work_item_type, names)))
        return Findings(project, "", tuple(problems), {})
    making = making.model_copy(update={"work_item_type": work_item_type})
    known = {field.name.casefold(): field for field in organisation.do(type_fields(project.id, work_item_type))}
    problems += _items(organisation, project, making, tag, known)
    as_written = {name: known[name.casefold()].name for name in making.fields if name.casefold() in known}
    return Findings(project, work_item_type, tuple(problems), as_written)


def _no_project(organisation: Organisation, wanted: str) -> FieldProblem:
    names = [project.name for project in every(organisation, list_projects)]
    found = f"there is no project {wanted} in the organisation, or the credential may not see it"
    return FieldProblem("/project", f"{found}; {near(wanted, names)}" if names else found)


def _paths(organisation: Organisation, project: Project, making: Defaults) -> Iterator[FieldProblem]:
    given = (("area_path", making.area_path, area_paths), ("iteration_path", making.iteration_path, iteration_paths))
    for name, path, call in given:
        wanted = below(project.name, path)
        if wanted:
            known = organisation.do(call(project.id))
            if wanted.casefold() not in {one.casefold() for one in known}:
                yield FieldProblem(f"/{name}", f"{wanted} is no such path in the project; {near(wanted, known)}")


def _redaction(making: Defaults) -> Iterator[FieldProblem]:
    """A redacted link shows severity and the way back: what would show more is refused, not ignored."""
    if not making.redacted:
        return
    for name, value in making.fields.items():
        if isinstance(value, FromSnapshot):
            yield FieldProblem(f"/fields/{name}", "would show a part of the vulnerability; the link is redacted")
    for name in ("title_template", "description_template", "snapshot_tags"):
        if getattr(making, name):
            off = "false" if name == "snapshot_tags" else '""'
            yield FieldProblem(f"/{name}", f"would show a part of the vulnerability; the link is redacted: set {off}")


def _parent(organisation: Organisation, making: Defaults) -> list[FieldProblem]:
    if not making.parent or making.parent in organisation.do(get_many([making.parent])):
        return []
    words = f"there is no work item {making.parent} in the organisation, or the credential may not see it"
    return [FieldProblem("/parent", words)]


def _items(
    organisation: Organisation, project: Project, making: Defaults, tag: str, known: Mapping[str, TypeField]
) -> list[FieldProblem]:
    problems = [
        *_named_twice(making),
        *_mapped(organisation, project, making, known),
        *_priorities(making, known),
        *_required(making, known.values()),
    ]
    return problems + _dry_run(organisation, project, making, tag, {problem.field for problem in problems})


def _named_twice(making: Defaults) -> Iterator[FieldProblem]:
    times = Counter(name.casefold() for name in making.fields)
    for name in making.fields:
        if times[name.casefold()] > 1:
            yield FieldProblem(f"/fields/{name}", "is named twice: case makes no other field")


def _mapped(
    organisation: Organisation, project: Project, making: Defaults, known: Mapping[str, TypeField]
) -> Iterator[FieldProblem]:
    if not making.fields:
        return
    read_only = {field.name.casefold() for field in organisation.do(fields(project.id)) if field.read_only}
    for name, value in making.fields.items():
        field = known.get(name.casefold())
        if field is None:
            alike = near(name, [one.name for one in known.values()])
            yield FieldProblem(f"/fields/{name}", f"is no field of {making.work_item_type} in the project; {alike}")
        elif field.name.casefold() in read_only:
            yield FieldProblem(f"/fields/{name}", "is written by Azure DevOps only")
        elif not isinstance(value, FromSnapshot) and field.allowed and str(value) not in field.allowed:
            yield FieldProblem(f"/fields/{name}", _one_of(str(value), field.allowed))


def _priorities(making: Defaults, known: Mapping[str, TypeField]) -> Iterator[FieldProblem]:
    field = known.get(PRIORITY.casefold())
    for severity in STANDARD_PRIORITIES:
        priority = str(making.priority(severity))
        if field and field.allowed and priority not in field.allowed:
            yield FieldProblem(f"/priorities/{severity}", _one_of(priority, field.allowed))


def _required(making: Defaults, known: Iterable[TypeField]) -> Iterator[FieldProblem]:
    """Yield the fields that must be sent and are not: an item could never be made."""
    covered = {*_COVERED, *(name.casefold() for name in making.fields)}
    covered |= {"system.assignedto"} if making.assignee else set()
    covered |= {"microsoft.vsts.common.severity"}
    for field in known:
        if field.required and not field.default and field.name.casefold() not in covered:
            values = f", one of: {named(field.allowed)}" if field.allowed else ""
            words = f"{field.label} is required for {making.work_item_type}: give it a value in fields{values}"
            yield FieldProblem(f"/fields/{field.name}", words)


def _dry_run(
    organisation: Organisation, project: Project, making: Defaults, tag: str, found: set[str]
) -> list[FieldProblem]:
    """Let Azure DevOps judge an example; values that only a snapshot has are not in it, so they are not judged."""
    example = {**_EXAMPLE, PRIORITY: making.priority("critical"), **constants(making)}
    everybody: list[tuple[str | None, str]] = [*people(making).items()] or [(None, "")]
    problems: list[FieldProblem] = []
    for person, setting in everybody:
        once = set_once(making, project.name, tag, assignee=person)
        known = found | {problem.field for problem in problems}
        problems += _judged(organisation, project, making, {**example, **once}, known, setting)
    return problems


def _judged(
    organisation: Organisation,
    project: Project,
    making: Defaults,
    example: Mapping[str, Any],
    found: set[str],
    person: str,
) -> list[FieldProblem]:
    try:
        organisation.do(validate_create(project.id, making.work_item_type, add_fields(example)))
    except (RefusedError, NotFoundError) as error:
        at_fault = error.fields if isinstance(error, RefusedError) else ()
        later = {name.casefold() for name in making.fields} - {name.casefold() for name in constants(making)}
        fields = [_pointer(name, person) for name in at_fault if name.casefold() not in later]
        new = [FieldProblem(field, error.message) for field in fields if field not in found]
        if new or at_fault or found:
            return new
        return [FieldProblem("/project", f"no {making.work_item_type} can be made there: {error.message}")]
    return []


def _pointer(name: str, person: str) -> str:
    """The setting that a field comes from."""
    settings = {
        "system.areapath": "/area_path",
        "system.iterationpath": "/iteration_path",
        "system.assignedto": person or "/assignee",
        "system.tags": "/tags",
        PRIORITY.casefold(): "/priorities",
    }
    return settings.get(name.casefold(), f"/fields/{name}")


def _one_of(value: str, names: Sequence[str]) -> str:
    return f"{value} is not one of: {named(names)}"
