"""Who runs `python -m shared.tokens`: a pipeline with a technical user's environment, and nothing else of Azure's."""

import io
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.simulators.directory import TENANT
from local.simulators.directory_members import Members
from shared.tokens.command.running import main
from tests.functional.simulated_azure import SimulatedAzure
from tests.functional.simulated_azure_devops import Organization, simulator

REPOSITORY = Path(__file__).parents[2]
CANARY = "canary-of-"
# A token of Azure DevOps, a token of Entra.
_VALUES = re.compile(r"AZDO|eyJ[\w-]{20}")


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Pipeline:
    """One user of one organisation; `folder` is where its files go."""

    azure: SimulatedAzure
    organization: Organization
    folder: Path
    client_id: str
    user_name: str = field(default_factory=lambda: f"u{secrets.token_hex(4)}@contoso.example")
    password: str = field(default_factory=lambda: CANARY + secrets.token_hex(8))
    shown: str = ""
    """Everything that was ever printed."""

    def __post_init__(self) -> None:
        user = self.azure.directory.register("ada", kind="user", client_id=self.user_name, secret=self.password)
        self.azure.directory.change(self.user_name, {"refresh_token_prefix": CANARY})
        Members(self.azure.directory).add(self.organization.name, user.object_id, {})

    @property
    def file(self) -> Path:
        return self.folder / "token"

    def environment(self, **more: str) -> dict[str, str]:
        """Return it; an empty value takes a variable away."""
        given = {
            "AZURE_DEVOPS_ORG": self.organization.name,
            "AZURE_DEVOPS_URL": self.organization.base,
            "AZURE_DEVOPS_TOKENS_URL": self.organization.base,
            "ENTRA_URL": self.azure.login,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": self.client_id,
            "AZURE_USERNAME": self.user_name,
            "AZURE_PASSWORD": self.password,
            **more,
        }
        return {name: value for name, value in given.items() if value}

    def run(self, *arguments: str, **more: str) -> Ran:
        """Run it in this process, whose environment says what the network is like."""
        out, err = io.StringIO(), io.StringIO()
        try:
            status = main(arguments, self.environment(**more), out, err)
        except SystemExit as error:
            status = int(error.code or 0)
        return self._seen(arguments, Ran(status, out.getvalue(), err.getvalue()))

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        kept = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **self.azure.trust.environment()}
        environment = {name: value for name, value in kept.items() if value} | self.environment(**more)
        command = [sys.executable, "-m", "shared.tokens", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=pipe, stderr=pipe, text=True)

    def process(self, *arguments: str, **more: str) -> Ran:
        """Run it as a process of its own."""
        with self.start(*arguments, **more) as running:
            out, err = running.communicate(timeout=60)
        return self._seen(arguments, Ran(running.returncode, out, err))

    def _seen(self, arguments: tuple[str, ...], ran: Ran) -> Ran:
        self.shown += ran.out + ran.err
        assert CANARY not in ran.out + ran.err
        assert not _VALUES.search(ran.err)
        assert "-" in arguments or not _VALUES.search(ran.out)
        assert "Traceback" not in ran.err
        assert "defect" not in ran.err, ran.err
        return ran

    def listed(self, *options: str) -> list[dict[str, Any]]:
        ran = self.run("list", "--json", *options)
        assert ran.status == 0, ran.err
        return list(ran.json["personal_access_tokens"])

    def names(self, *options: str) -> list[str]:
        return [one["name"] for one in self.listed(*options)]

    def opens(self, value: str) -> bool:
        """Whether Azure DevOps takes a token."""
        headers = {"X-TFS-FedAuthRedirect": "Suppress"}
        url = f"{self.organization.base}/{self.organization.name}/_apis/connectionData"
        answer = self.organization.session.get(url, auth=("", value), headers=headers, timeout=30)
        return answer.status_code == 200

    def file_opens(self) -> bool:
        return self.file.exists() and self.opens(self.file.read_text())

    def policy(self, **asked: Any) -> None:
        self.organization.control("POST", "token-policies", {"organization": self.organization.name, **asked})

    def fault(self, match: str, fault: str, times: int = 1) -> None:
        method, _, path = match.partition(" ")
        wanted = {"match": f"{method} ^/{self.organization.name}/{path}", "fault": fault, "times": times}
        self.organization.control("POST", "faults", wanted)


@contextmanager
def azure_devops_of(azure: SimulatedAzure, file: Path) -> Iterator[str]:
    """Yield the address of a simulator that knows Entra's tokens."""
    with simulator(file, entra_tokens=Members(azure.directory).identity) as base:
        yield base


@contextmanager
def pipeline_at(azure: SimulatedAzure, base: str, folder: Path) -> Iterator[Pipeline]:
    """Yield a fresh user of a fresh organisation, with an application that is a public client."""
    application = azure.directory.register("tokens")
    azure.directory.change(application.client_id, {"public": True})
    with Organization(base) as organization:
        yield Pipeline(azure, organization, folder, application.client_id)
