"""Which rule made a result, and what the rule says about it."""

import re
from functools import cached_property

from shared.tickets.sarif.values import Json, entries, entry, index, number, text, texts
from shared.tickets.sarif.words import Words, message

_CVE = re.compile(r"\bCVE-\d{4}-\d{4,10}\b", re.IGNORECASE)
_CWE = re.compile(r"\bCWE[-_ :]?0*([1-9]\d{0,5})\b", re.IGNORECASE)
_TAXON = re.compile(r"^(?:CWE-)?0*([1-9]\d{0,5})$", re.IGNORECASE)
_MAX_TAGS = 50
_MAX_TAG = 100


class Rule:
    """One rule: its id as the result names it, and its descriptor, which may be empty."""

    def __init__(self, name: str, descriptor: Json, global_strings: Json) -> None:
        self.id = name
        self._descriptor = descriptor
        self._global_strings = global_strings

    def under(self, name: str) -> "Rule":
        """Return this rule under the longer, or only, name that a result gives it."""
        return Rule(name, self._descriptor, self._global_strings)

    def message(self, value: object) -> Words:
        """Return the words of a result's message object."""
        return message(value, entry(self._descriptor, "messageStrings"), self._global_strings)

    @cached_property
    def headline(self) -> str:
        """What the rule finds, in a few words; empty if the rule only repeats its own name there."""
        line = message(self._descriptor.get("shortDescription")).as_line()
        return "" if not line or self.id in line or line == self.name else line

    @property
    def name(self) -> str:
        """The rule's name for people, else its id."""
        return text(self._descriptor, "name") or self.id

    @cached_property
    def explanation(self) -> str:
        """Markdown: what the rule is about, at length."""
        return message(self._descriptor.get("fullDescription")).as_markdown()

    @cached_property
    def remediation(self) -> str:
        """Markdown: what to do about it."""
        return message(self._descriptor.get("help")).as_markdown()

    @cached_property
    def level(self) -> str:
        """The level of results that give none."""
        return text(self._descriptor, "defaultConfiguration", "level")

    @cached_property
    def rank(self) -> float | None:
        """The importance of results that give none, 0 to 100."""
        return number(self._descriptor, "defaultConfiguration", "rank")

    @cached_property
    def score(self) -> float | None:
        """The rule's own security severity, 0 to 10 on the CVSS scale."""
        return number(self._descriptor, "properties", "security-severity")

    @cached_property
    def help_uri(self) -> str:
        """A page about the rule."""
        return text(self._descriptor, "helpUri")

    @cached_property
    def cve(self) -> tuple[str, ...]:
        """The CVEs that the rule is about."""
        words = " ".join([self.id, *self._tags])
        return tuple(dict.fromkeys(found.upper() for found in _CVE.findall(words)))[:_MAX_TAGS]

    @cached_property
    def cwe(self) -> tuple[str, ...]:
        """The weaknesses that the rule is about, as CWE-79."""
        tagged = [f"CWE-{found}" for found in _CWE.findall(" ".join(self._tags))]
        related = weaknesses([entry(relation, "target") for relation in entries(self._descriptor, "relationships")])
        return tuple(dict.fromkeys([*tagged, *related]))[:_MAX_TAGS]

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The rule's other tags."""
        others = (tag.strip() for tag in self._tags if not _CWE.search(tag) and not _CVE.search(tag))
        return tuple(dict.fromkeys(tag[:_MAX_TAG] for tag in others if tag))[:_MAX_TAGS]

    @cached_property
    def _tags(self) -> list[str]:
        return texts(self._descriptor, "properties", "tags")


def weaknesses(references: list[Json]) -> list[str]:
    """Return those of references into taxonomies that name a weakness (3.52), as CWE-79."""
    return [
        f"CWE-{found}"
        for reference in references
        if text(reference, "toolComponent", "name").upper() == "CWE"
        for found in _TAXON.findall(text(reference, "id"))
    ]


class _Component:
    """The driver or an extension of a tool, with its rules by position and by id."""

    def __init__(self, component: Json) -> None:
        self.name = text(component, "name")
        self.guid = text(component, "guid")
        strings = entry(component, "globalMessageStrings")
        self.rules = [Rule(text(found, "id"), found, strings) for found in entries(component, "rules")]
        self.by_id = {rule.id: rule for rule in reversed(self.rules) if rule.id}
        self.unknown = Rule("", {}, strings)


class Rules:
    """The rules of all components of a run's tool."""

    def __init__(self, run: Json) -> None:
        self._driver = _Component(entry(run, "tool", "driver"))
        self._extensions = [_Component(found) for found in entries(run, "tool", "extensions")]

    def of(self, result: Json) -> Rule:
        """Return the rule of a result: by its position, then by its id, then by the id's parents (3.52.4)."""
        reference = entry(result, "rule")
        name = text(result, "ruleId") or text(reference, "id")
        component = self._component(entry(reference, "toolComponent"))
        at = index(reference, "index")
        rule = self._at(component, index(result, "ruleIndex") if at is None else at, name)
        rule = rule or self._named(component, name) or component.unknown
        return rule if not name or rule.id == name else rule.under(name)

    def _component(self, reference: Json) -> _Component:
        at = index(reference, "index")
        if at is not None and at < len(self._extensions):
            return self._extensions[at]
        for component in self._extensions:
            if (component.guid and component.guid == text(reference, "guid")) or (
                component.name and component.name == text(reference, "name")
            ):
                return component
        return self._driver

    @staticmethod
    def _at(component: _Component, at: int | None, name: str) -> Rule | None:
        """Return the rule at a position unless its id contradicts the result: then the position is wrong."""
        if at is None or at >= len(component.rules):
            return None
        rule = component.rules[at]
        return rule if not name or name == rule.id or name.startswith(f"{rule.id}/") else None

    def _named(self, component: _Component, name: str) -> Rule | None:
        for candidate in _with_parents(name):
            for searched in (component, self._driver, *self._extensions):
                if candidate in searched.by_id:
                    return searched.by_id[candidate]
        return None


def _with_parents(name: str) -> list[str]:
    """Return CA1000/1/2, CA1000/1, CA1000; a tool that writes a hundred levels is asked for ten."""
    parts = name.split("/")[:10] if name else []
    return [name, *("/".join(parts[:size]) for size in range(len(parts) - 1, 0, -1))] if name else []
