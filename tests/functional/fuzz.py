"""Generated requests to every route of a running stack: `make fuzz`, or `python -m tests.functional.fuzz --requests N`.

Schemathesis makes them of the API's own description, half of them wrong in some way. Most name a connection, a link, a
ticket or a failed message that there is, for what is answered with 404 tests little. An answer of 500 or above, or one
off the description, is a failure, and what a request made must be found where the answer says. Exit status 0 only
without one.
"""

import argparse
import itertools
import sys
import time
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from local.stack import Stack
from tests.functional.bridge import PROJECT, Bridge, eventually
from tests.functional.entra_admin import EntraAdmin
from tests.functional.entra_admin import case as someone
from tests.openapi_answers import closed

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
_FOLLOWED = {"save_link": "links/{kind}/{asset}", "save_connection": "connections/{connection}"}
_OF_A_PERSON = ("start_sign_in", "finish_sign_in")
_LAST = ("delete_link", "delete_connection")


class BrokenError(AssertionError):
    """What was made is not there, or is not the same."""


@dataclass
class Fuzz:
    """One run: each route in each mode `at_once` times, then the next.

    `sent` requests; by operation, how often it answered with which status, and its first failure in words.
    """

    bridge: Bridge
    at_once: int = 5
    sent: int = 0
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    failures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        addresses = self.bridge.stack.addresses
        description = self.bridge.ask("GET", "openapi.json", key="").json()
        schema = schemathesis.openapi.from_dict(closed(description))
        found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
        assert len(found) == sum(len(methods) for methods in description["paths"].values())
        self.operations = sorted(found, key=lambda one: _LAST.index(_id(one)) if _id(one) in _LAST else -1)
        self._address = f"{addresses.functions}/api"
        self._key = {"x-functions-key": addresses.host_key}
        self._url = f"{addresses.azure_devops}/{self.bridge.name}"
        hook = self.bridge.ask("GET", f"connections/{self.bridge.name}/hook").json()
        password = b64encode(f"{hook['user_name']}:{hook['password']}".encode()).decode()
        self._hook = {"Authorization": f"Basic {password}"}
        self._ticket = self.bridge.send()
        self._deleted = itertools.count()
        self._person = f"{self.bridge.name}-person"
        credential = someone(EntraAdmin(self.bridge), "signed_in_user").credential
        body = {"url": self._url, "credential": credential}
        assert self.bridge.ask("PUT", f"connections/{self._person}", json=body).ok

    def run(self, least: int, *, number: int = 1) -> None:
        """Send at least so many requests; `number` makes another run of the same size."""
        for part in itertools.count(number * 1000):
            for operation in self.operations:
                for mode in GenerationMode:
                    self._some(operation, mode, part)
            if self.sent >= least:
                return

    def _some(self, operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, number: int) -> None:
        name = _id(operation)
        if name in self.failures:
            return

        @seed(number)
        @settings(
            max_examples=self.at_once,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode), st.integers(0, 3))
        def try_it(case: Case[Any], luck: int) -> None:
            self._try(case, name, luck)

        try:
            try_it()
        except Unsatisfiable:
            return  # there is nothing in it that could be wrong
        except (Exception, FailureGroup) as error:  # noqa: BLE001  each operation's first failure is told, whatever it is
            self.failures[name] = f"{mode.value}: {error}"

    def _try(self, case: Case[Any], name: str, luck: int) -> None:
        if luck:
            self._name_what_there_is(case, name)
        if luck > 1:  # versions that nobody has would be refused before anything else is looked at
            for condition in ("If-Match", "If-None-Match"):
                case.headers.pop(condition, None)
        headers = self._hook if luck and name == "take_hook" else self._key
        answer = case.call(base_url=self._address, headers=headers, timeout=60)
        self.sent += 1
        self.statuses[name][answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code < requests.codes.bad_request:
            self._follow(case, name, answer)

    def _name_what_there_is(self, case: Case[Any], name: str) -> None:
        there = {
            "connection": self.bridge.name,
            "kind": "application",
            "asset": self.bridge.asset,
            "project": PROJECT,
            "ticket": self._ticket,
        }
        if "failed_message" in case.path_parameters:
            there |= {"failed_message": self._failed_message()}
        if name in _OF_A_PERSON:
            there |= {"connection": self._person}
        if name in _LAST:
            there |= self._to_be_deleted()
        case.path_parameters.update({key: value for key, value in there.items() if key in case.path_parameters})
        if isinstance(case.body, dict):
            case.body.update(self._part_of_body(name))
        for one in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(one, dict):
                self._linked(one.get("vulnerability", one))

    def _linked(self, vulnerability: Any) -> None:
        """Let a snapshot be of an asset that is linked, and of now."""
        if isinstance(vulnerability, dict) and {"asset", "severity"} <= vulnerability.keys():
            vulnerability.update({"asset": {"kind": "application", "id": self.bridge.asset}, "observed_at": None})

    def _part_of_body(self, name: str) -> Mapping[str, Any]:
        """What makes a body more than refused: Azure DevOps is asked about the rest."""
        if name == "save_connection":
            credential = {"kind": "personal_access_token", "token": self.bridge.token}
            return {"url": self._url, "credential": credential, "tag": None, "enabled": True}
        if name == "save_link":
            return {"connection": self.bridge.name, "project": PROJECT}
        return {}

    def _to_be_deleted(self) -> dict[str, str]:
        """Make a connection with a link."""
        name = f"{self.bridge.name}-{next(self._deleted)}"
        credential = {"kind": "personal_access_token", "token": self.bridge.token}
        saved = self.bridge.ask("PUT", f"connections/{name}", json={"url": self._url, "credential": credential})
        linked = self.bridge.link(asset=name, connection=name)
        assert (saved.status_code, linked.status_code) == (200, 200)
        return {"connection": name, "asset": name}

    def _follow(self, case: Case[Any], name: str, answer: Any) -> None:
        """What was stored is found again, as it was answered."""
        if name == "create_ticket":
            address = answer.headers["location"][0]
            found = self.bridge.session.get(address, headers=self._key, timeout=60)
            if found.status_code != requests.codes.ok or found.json()["id"] != answer.json()["id"]:
                raise BrokenError(f"{address}: {found.status_code}")
        if name in _FOLLOWED:
            where = f"{self._address}{case.formatted_path}"
            found = self.bridge.session.get(where, headers=self._key, timeout=60)
            if found.headers.get("ETag") != answer.headers["etag"][0] or found.json() != answer.json():
                raise BrokenError(f"{where}: {found.status_code} {found.text}\nwas {answer.text}")

    def _failed_message(self) -> str:
        """Return the id of one, which is made if there is none."""

        def listed() -> Any:
            return self.bridge.ask("GET", "failed-messages").json()["failed_messages"]

        if not listed():
            self.bridge.queue("ticket-requests").send_message("no snapshot")
        return str(eventually(listed, what="a failed message")[0]["id"])


def _id(operation: APIOperation[Any, Any, Any, Any]) -> str:
    return str(operation.definition.raw["operationId"])


def main() -> int:
    """Run it on a stack of its own and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5000, help="at least so many (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another run of the same size (%(default)s)")
    asked = parser.parse_args()
    started = time.monotonic()
    with TemporaryDirectory() as folder, Stack(Path(folder), time_scale=0.02, in_memory_storage=True) as stack:
        fuzz = Fuzz(Bridge.fresh(stack))
        fuzz.run(asked.requests, number=asked.seed)
    print_(f"{fuzz.sent} requests to {len(fuzz.operations)} operations in {time.monotonic() - started:.0f} s")
    for name, statuses in fuzz.statuses.items():
        print_(f"{name:24} {', '.join(f'{count} x {status}' for status, count in sorted(statuses.items()))}")
    for name, words in fuzz.failures.items():
        print_(f"\nFAILED {name}\n{words}")
    return 1 if fuzz.failures else 0


def print_(text: str) -> None:
    """Say something at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
