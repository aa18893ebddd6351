"""Whoever runs `make smoke`, against the simulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from local.smoke.__main__ import smoke
from local.smoke.options import Options
from tests.functional.simulated_azure_devops import Organization

PROJECT = "Web Shop"
FOREIGN = "Somebody else's"


@dataclass
class Administrator:
    """Who runs it, in an organisation that has work items and subscriptions of others."""

    organization: Organization
    token: str
    said: list[str] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        base, name = self.organization.base, self.organization.name
        given = {"AZURE_DEVOPS_URL": base, "ORGANISATION": f"{base}/{name}", "PROJECT": PROJECT}
        return {**given, "AZURE_DEVOPS_PAT": self.token, **more}

    def run(self, **more: str) -> int:
        options = replace(Options.read(self.environment(**more)), patience=2.0)
        status = smoke(options, self.said.append)
        assert self.token not in self.output
        return status

    @property
    def output(self) -> str:
        return "\n".join(self.said)

    def verdict(self, claim: str) -> str:
        """The line of a fact, with the evidence below it."""
        found = [f"{line}\n{below}" for line, below in zip(self.said, self.said[1:], strict=False) if claim in line]
        assert len(found) == 1, self.output
        return found[0]

    def fault(self, match: str, fault: str, times: int | None = 1) -> None:
        method, _, path = match.partition(" ")
        match = f"{method} ^/{self.organization.name}/{path}"
        self.organization.control("POST", "faults", {"match": match, "fault": fault, "times": times})

    def mend(self) -> None:
        self.organization.control("DELETE", "faults")

    def work_items(self) -> list[dict[str, Any]]:
        shown = self.organization.control("GET", f"work-items?organization={self.organization.name}")
        return [item for item in shown["work_items"] if item["title"] != FOREIGN]

    def subscriptions(self) -> list[dict[str, Any]]:
        return list(self.organization.call("GET", "_apis/hooks/subscriptions").json()["value"])

    def left(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return self.work_items(), [
            hook for hook in self.subscriptions() if "others" not in hook["consumerInputs"]["url"]
        ]


@contextmanager
def administrator_at(base: str) -> Iterator[Administrator]:
    """Yield an administrator of a fresh organisation; what others have there must still be there at the end."""
    with Organization(base) as organization:
        made = Administrator(organization, organization.token())
        organization.create(PROJECT, "Task", Title=FOREIGN)
        organization.subscribe("workitem.updated", "https://others.example/hooks")
        yield made
        made.mend()
        shown = organization.control("GET", f"work-items?organization={organization.name}")["work_items"]
        assert [item["deleted"] for item in shown if item["title"] == FOREIGN] == [False]
        assert [hook for hook in made.subscriptions() if "others" in hook["consumerInputs"]["url"]]
