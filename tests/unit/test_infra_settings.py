"""Every setting that an app reads is set by the templates, and every one that is set is read."""

import re
from collections.abc import Callable, Iterator, Mapping

import pytest

from shared.settings import EdgeSettings, Settings
from tests.unit.bicep import REPOSITORY, properties, templates, text

TEMPLATES = templates()
BRIDGE = TEMPLATES["bridge.bicep"]
COMMON = properties(TEMPLATES["settings.bicep"].resources["appSettings"].body)["properties"]
# What the host or the worker reads, and no line of ours. Each has its page.
OF_THE_HOST = {
    # https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__accountName",
    # https://learn.microsoft.com/azure/azure-functions/functions-app-settings
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
OF_THE_CORES_HOST = {
    "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT",
    "PYTHON_THREADPOOL_THREAD_COUNT",
    # https://learn.microsoft.com/azure/azure-functions/opentelemetry-howto
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY",
    "PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME",
    # https://opentelemetry.io/docs/zero-code/python/configuration/
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
    # https://learn.microsoft.com/azure/azure-monitor/app/opentelemetry-sampling
    "OTEL_TRACES_SAMPLER",
}
# Other ways to say what the templates say by the account's name and its identity.
OTHER_WAYS = {"AzureWebJobsStorage", *(f"AzureWebJobsStorage__{one}ServiceUri" for one in ("queue", "table", "blob"))}
KEY = "k" * 48
WHERE_AUTHENTICATION_IS_ON = "empty(authenticationClientId) ? 'key' : 'app_service'"


class Recording(Mapping[str, str]):
    """Settings that remember which of them were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_given = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_given)

    def __len__(self) -> int:
        return len(self.values_given)


def is_set(role: str) -> dict[str, str]:
    """What the templates set, with a value of its kind for what only a deployment knows."""
    own = properties(BRIDGE.modules[f"{role}Settings"].parameters["settings"])
    common = next(one for one in COMMON.named_children[-1].named_children if one.type == "object")
    return {name: _example(name, text(value)) for name, value in {**own, **properties(common)}.items()}


def _example(name: str, value: str) -> str:
    known = {"role": "edge", "string(hookEpoch)": "1", "string(tablesEpoch)": "1", "hookKeyReference": KEY}
    known[WHERE_AUTHENTICATION_IS_ON] = "key"
    if arithmetic := re.fullmatch(r"string\((\d+) \* 1024 \* 1024\)", value):
        return str(int(arithmetic[1]) * 1024 * 1024)
    if value in known:
        return known[value]
    address = name.endswith("_URL") and not value.startswith("https://")
    return "https://somewhere.example/" if address else value


def schedules() -> set[str]:
    """The settings that triggers name in their bindings."""
    source = "".join(file.read_text() for file in (REPOSITORY / "shared/triggers").glob("*.py"))
    return set(re.findall(r'"%(\w+)%"', source))


@pytest.mark.parametrize(
    ("role", "read", "host"),
    [
        ("edge", EdgeSettings.read, OF_THE_HOST),
        ("core", Settings.read, OF_THE_HOST | OF_THE_CORES_HOST | schedules()),
    ],
)
def test_an_app_gets_the_settings_that_it_reads_and_no_others(
    role: str, read: Callable[[Mapping[str, str]], object], host: set[str]
) -> None:
    values = Recording(is_set(role))

    read(values)  # and they can be used

    asked = values.asked - OTHER_WAYS | {"APP_ROLE"}
    assert set(is_set(role)) == asked | host


def test_an_apps_role_is_the_name_under_which_it_is_deployed() -> None:
    for role in ("edge", "core"):
        assert text(BRIDGE.modules[f"{role}Settings"].parameters["role"]) == role
        assert text(BRIDGE.modules[role].parameters["role"]) == role


def test_a_visitor_is_who_app_service_says_only_where_its_authentication_is_on() -> None:
    """Where it is off, anybody may say to be anybody in its header."""
    core = BRIDGE.modules["coreSettings"].parameters["settings"]

    assert text(properties(core)["CONSOLE_ACCESS"]) == WHERE_AUTHENTICATION_IS_ON
    assert text(BRIDGE.modules["core"].parameters["authenticationClientId"]) == "authenticationClientId"


def test_storage_is_reached_as_the_identity_that_the_app_has() -> None:
    for role in ("edge", "core"):
        parameters = BRIDGE.modules[f"{role}Settings"].parameters
        assert text(parameters["storageName"]) == f"{role}Storage.outputs.name"
        assert text(parameters["identityClientId"]) == f"{role}Identity.properties.clientId"
        assert text(BRIDGE.modules[role].parameters["identityId"]) == f"{role}Identity.id"


def test_a_body_that_we_would_take_is_not_refused_by_the_host() -> None:
    values = is_set("core")

    assert int(values["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]) > int(values["MAX_IMPORT_BYTES"])
