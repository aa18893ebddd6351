"""The templates: what a grammar and a reading of all of them together can say. No compiler of Bicep can be had here."""

import json
import re
from pathlib import Path

import pycep
import pytest

from tests.unit.bicep import INFRA, REPOSITORY, Template, body_of, properties, strings, templates, text, walk

TEMPLATES = templates()
BRIDGE = TEMPLATES["bridge.bicep"]
_VERSION = re.compile(r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-preview)?")
_TYPE = re.compile(r"Microsoft\.[A-Za-z]+(/[A-Za-z0-9]+)+")


def users(name: str) -> list[tuple[str, str]]:
    """Which templates use another one, each with the symbol."""
    return [
        (user.name, symbol)
        for user in TEMPLATES.values()
        for symbol, module in user.modules.items()
        if module.file == name
    ]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_bicep_to_two_grammars(name: str) -> None:
    assert TEMPLATES[name].errors == []
    pycep.BicepParser().parse(text=(INFRA / name).read_text())


def test_what_is_no_bicep_is_seen() -> None:
    assert Template(INFRA / "x.bicep", "param a string\nresource b 'X/y@2020-01-01' = {\n  name: \n").errors != []


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_symbol_that_is_used_is_declared(name: str) -> None:
    template = TEMPLATES[name]

    assert template.used - template.declared == set()
    assert template.nested - set(template.resources) == set()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_parameter_variable_and_existing_resource_is_used(name: str) -> None:
    template = TEMPLATES[name]
    existing = {symbol for symbol, one in template.resources.items() if one.exists and "::" not in symbol}
    nested = {symbol for symbol, one in template.resources.items() if one.exists and "::" in symbol}

    assert (set(template.parameters) | set(template.variables) | existing) - template.used == set()
    assert nested - template.nested == set()


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_module_gets_its_parameters_and_no_others(name: str) -> None:
    for symbol, module in TEMPLATES[name].modules.items():
        wanted = TEMPLATES[module.file].parameters
        required = {parameter for parameter, has_default in wanted.items() if not has_default}

        assert set(module.parameters) - set(wanted) == set(), symbol
        assert required - set(module.parameters) == set(), symbol


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_output_that_is_taken_is_given(name: str) -> None:
    template = TEMPLATES[name]
    unknown = [
        (symbol, output)
        for symbol, output in template.taken
        if output not in TEMPLATES[template.modules[symbol].file].outputs
    ]

    assert unknown == []


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - {"main.bicep"}))
def test_every_template_and_every_output_is_used(name: str) -> None:
    taken = {output for user, symbol in users(name) for one, output in TEMPLATES[user].taken if one == symbol}

    assert users(name)
    assert set(TEMPLATES[name].outputs) - taken == set()


@pytest.mark.parametrize("name", TEMPLATES)
def test_types_and_versions_are_well_formed_and_one_type_has_one_version(name: str) -> None:
    for symbol, resource in TEMPLATES[name].resources.items():
        same = {
            one.version for other in TEMPLATES.values() for one in other.resources.values() if one.type == resource.type
        }

        assert _TYPE.fullmatch(resource.type), symbol
        assert _VERSION.fullmatch(resource.version), symbol
        assert len(same) == 1, (symbol, same)


def test_parameters_that_azd_gives_are_those_of_the_template() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    main = TEMPLATES["main.bicep"].parameters

    assert set(given) | {"hookKey"} == set(main)  # that one is made of chance, once
    assert all(re.fullmatch(r"\$\{[A-Z_]+(=\w*)?\}", one["value"]) for one in given.values())


def test_what_a_deployment_remembers_comes_back_at_the_next() -> None:
    """Else each `azd up` would make another hook key, and every subscription would have to be made again."""
    given = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]

    assert given["hookKeyExists"]["value"] == "${HOOK_KEY_EXISTS=false}"
    assert text(TEMPLATES["main.bicep"].outputs["HOOK_KEY_EXISTS"]) == "true"


def test_azd_deploys_the_package_to_the_apps_that_the_templates_tag() -> None:
    services = re.findall(
        r"^  (\w+):\n    project: \.\n    language: python\n    host: function$", _azure_yaml(), re.MULTILINE
    )
    roles = [text(BRIDGE.modules[symbol].parameters["role"]) for _, symbol in users("functions.bicep")]

    assert services == roles == ["edge", "core"]
    assert "'azd-service-name': role" in (INFRA / "functions.bicep").read_text()


def _azure_yaml() -> str:
    return (REPOSITORY / "azure.yaml").read_text()


def names(kind: str) -> list[str]:
    """The names that the templates give to resources of a type, with what Azure puts in for a token."""
    given = [
        one.value("name")
        for t in TEMPLATES.values()
        for one in t.resources.values()
        if one.type == kind and not one.exists
    ]
    passed = [
        text(module.parameters["name"])
        for module in BRIDGE.modules.values()
        if "name" in module.parameters and TEMPLATES[module.file].resources and _first_type(module.file) == kind
    ]
    return [
        name.replace("${token}", "a" * 13).replace("${role}", "core") for name in (*given, *passed) if name != "name"
    ]


def _first_type(file: str) -> str:
    return next(iter(TEMPLATES[file].resources.values())).type


@pytest.mark.parametrize(
    ("kind", "legal"),
    [
        ("Microsoft.Storage/storageAccounts", r"[a-z0-9]{3,24}"),
        ("Microsoft.KeyVault/vaults", r"[a-z][a-z0-9-]{1,22}[a-z0-9]"),
        ("Microsoft.Web/sites", r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]"),
        ("Microsoft.Web/serverfarms", r"[a-z0-9-]{1,40}"),
        ("Microsoft.OperationalInsights/workspaces", r"[a-z0-9][a-z0-9-]{2,61}[a-z0-9]"),
        ("Microsoft.Insights/components", r"[a-z0-9-]{1,260}"),
        ("Microsoft.ManagedIdentity/userAssignedIdentities", r"[a-z0-9][a-z0-9-]{2,127}"),
        ("Microsoft.Network/virtualNetworks", r"[a-z0-9][a-z0-9-]{0,62}[a-z0-9]"),
    ],
)
def test_names_are_legal(kind: str, legal: str) -> None:
    """https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"""
    assert names(kind)
    assert [name for name in names(kind) if not re.fullmatch(legal, name)] == []


def test_a_storage_account_and_a_vault_open_to_identities_only() -> None:
    account = TEMPLATES["storage.bicep"].resources["account"]
    vault = TEMPLATES["vault.bicep"].resources["vault"]

    assert account.value("properties", "allowSharedKeyAccess") == "false"
    assert account.value("properties", "allowBlobPublicAccess") == "false"
    assert vault.value("properties", "enableRbacAuthorization") == "true"
    assert vault.value("properties", "enablePurgeProtection") == "true"
    assert vault.value("properties", "enableSoftDelete") == "true"


def test_no_template_asks_for_a_key_or_a_connection_string_of_storage() -> None:
    everything = "".join(file.read_text() for file in INFRA.glob("*.bicep"))

    assert not re.search(r"listKeys|listAccountSas|AccountKey|SharedAccessSignature|AZURE_CLIENT_SECRET", everything)


def test_private_means_that_nothing_but_the_endpoints_is_reached() -> None:
    access = [
        text(BRIDGE.modules[one].parameters["publicNetworkAccess"]) for one in ("coreStorage", "edgeStorage", "vault")
    ]
    reached = {
        (text(properties(one)["targetId"]), text(properties(one)["kind"]))
        for one in walk(TEMPLATES["network.bicep"].variables["endpoints"])
        if one.type == "object"
    }

    assert access == ["privateNetworking ? 'Disabled' : 'Enabled'"] * 3
    assert reached == {
        *(("coreStorageId", kind) for kind in ("blob", "queue", "table")),
        ("edgeStorageId", "blob"),
        ("vaultId", "vault"),
    }


def test_every_alert_rule_asks_for_a_line_that_the_code_writes() -> None:
    """Rules that look for a text which nobody writes never fire, and nobody notices."""
    rules = [one for one in walk(TEMPLATES["alerts.bicep"].variables["rules"]) if one.type == "object"]
    queries = {text(properties(one)["name"]): text(properties(one)["query"]) for one in rules}
    source = "".join(file.read_text() for file in (REPOSITORY / "shared").rglob("*.py"))
    looked_for = [line for query in queries.values() for line in re.findall(r'startswith "([^"]+)"', query)]
    kinds = [line.removeprefix("alert ").rstrip(":") for line in looked_for if line.startswith("alert ")]

    assert set(queries) == {"credential", "failed-message", "hooks", "right", "overdue", "errors"}
    assert [kind for kind in kinds if f'"{kind}"' not in source] == []
    assert [line for line in looked_for if not line.startswith("alert ")] == [
        "connection waits, credential:",
        "overdue:",
    ]
    assert '"alert %s: %s"' in source
    assert '"connection waits, %s: %s"' in source
    assert '"overdue: ' in source


def test_the_edge_may_be_closed_to_all_but_azure_devops() -> None:
    edge = BRIDGE.modules["edge"].parameters

    assert "serviceHookSources" in text(edge["allowedSources"])
    assert strings(body_of(TEMPLATES["functions.bicep"].resources["app"].body))  # it has a body at all
    assert "ipSecurityRestrictionsDefaultAction: empty(allowedSources) ? 'Allow' : 'Deny'" in _functions()
    assert text(BRIDGE.modules["core"].parameters["isPublic"]) == "!privateCore"


def test_only_health_and_the_description_are_answered_without_a_token_of_entra() -> None:
    assert strings(TEMPLATES["functions.bicep"].variables["withoutToken"]) == ["/api/health", "/api/openapi.json"]


def _functions() -> str:
    return Path(INFRA / "functions.bicep").read_text()
