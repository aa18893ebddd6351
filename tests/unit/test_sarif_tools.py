"""Reports in the shapes that CodeQL, Semgrep and Trivy write, and the parts of the standard that they use."""

from typing import Any

import pytest

from shared.tickets.sarif.words import message
from shared.tickets.vulnerabilities.snapshots import Severity
from tests.unit.sarif_reports import one, report, result, vulnerabilities

CODEQL_RULE = {
    "id": "py/path-injection",
    "name": "py/path-injection",
    "shortDescription": {"text": "Uncontrolled data used in path expression"},
    "fullDescription": {"text": "Accessing paths influenced by users can allow an attacker to read files."},
    "defaultConfiguration": {"enabled": True, "level": "error"},
    "help": {"text": "Long help", "markdown": "# Uncontrolled data\nValidate **before** use."},
    "properties": {
        "tags": ["correctness", "security", "external/cwe/cwe-022", "external/cwe/cwe-073"],
        "kind": "path-problem",
        "security-severity": "7.5",
    },
}


def codeql() -> dict[str, Any]:
    place = {"artifactLocation": {"uri": "app/views.py", "uriBaseId": "%SRCROOT%", "index": 0}}
    found = {
        "ruleId": "py/path-injection",
        "ruleIndex": 0,
        "rule": {"id": "py/path-injection", "index": 0, "toolComponent": {"index": 0}},
        "message": {"text": "This path depends on a [user-provided value](1).\nAnd on [another](2)."},
        "locations": [{"physicalLocation": {**place, "region": {"startLine": 31, "startColumn": 10}}}],
        "partialFingerprints": {
            "primaryLocationLineHash": "39fa2ee980eb94b0:1",
            "primaryLocationStartColumnFingerprint": "4",
        },
        "codeFlows": [{"threadFlows": [{"locations": [{}] * 50_000}]}],
        "relatedLocations": [{"id": 1}],
    }
    tool = {
        "driver": {"name": "CodeQL", "rules": [{"id": "py/other"}]},
        "extensions": [{"name": "codeql/python-queries", "rules": [CODEQL_RULE]}],
    }
    source = {
        "repositoryUri": "https://someone@dev.azure.com/contoso/Shop/_git/web%20shop",
        "revisionId": "0123456789abcdef0123456789abcdef01234567",
    }
    run = {"tool": tool, "results": [found], "versionControlProvenance": [source]}
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def test_codeql() -> None:
    (found,) = vulnerabilities(codeql())

    assert found.title == "Uncontrolled data used in path expression in app/views.py:31"
    assert found.description == (
        "This path depends on a user-provided value.\nAnd on another.\n\n"
        "Accessing paths influenced by users can allow an attacker to read files."
    )
    assert found.remediation == "# Uncontrolled data\nValidate **before** use."
    assert (found.severity, found.score) == (Severity.HIGH, 7.5)
    assert found.cwe == ("CWE-22", "CWE-73")
    assert found.tags == ("correctness", "security")
    assert found.location is not None
    assert found.location.url == (
        "https://dev.azure.com/contoso/Shop/_git/web%20shop?path=/app/views.py"
        "&version=GC0123456789abcdef0123456789abcdef01234567"
        "&line=31&lineEnd=32&lineStartColumn=1&lineEndColumn=1"
    )


def test_semgrep() -> None:
    name = "python.lang.security.audit.dangerous-subprocess-use"
    rule = {
        "id": name,
        "name": name,
        "shortDescription": {"text": f"Semgrep Finding: {name}"},
        "fullDescription": {"text": "Detected `subprocess` function."},
        "defaultConfiguration": {"level": "error"},
        "helpUri": f"https://semgrep.dev/r/{name}",
        "help": {
            "text": "Detected",
            "markdown": "Detected\n\n<b>References:</b>\n - [Rule](https://semgrep.dev)",
        },
        "properties": {
            "precision": "very-high",
            "tags": [
                "CWE-78: OS Command Injection",
                "HIGH CONFIDENCE",
                "OWASP-A03:2021 - Injection",
                "security",
            ],
        },
    }
    words = {"text": "Detected `subprocess` function without a static string. Data flows from __init__."}
    item = result(name, line=12, message=words, fingerprints={"matchBasedId/v1": "requires login"}, properties={})

    found = one(item, tool="Semgrep OSS", rules=(rule,))

    assert found.title == "Detected `subprocess` function without a static string in src/a.py:12"
    assert found.description == (
        "Detected `subprocess` function without a static string. Data flows from \\_\\_init\\_\\_.\n\n"
        "Detected `subprocess` function."
    )
    assert found.severity is Severity.HIGH
    assert found.cwe == ("CWE-78",)
    assert found.tags == ("HIGH CONFIDENCE", "OWASP-A03:2021 - Injection", "security")
    assert found.references == (f"https://semgrep.dev/r/{name}",)
    assert found.id.startswith("semgrep oss:python.lang.security")


def test_trivy() -> None:
    rule = {
        "id": "CVE-2021-44228",
        "name": "LanguageSpecificPackageVulnerability",
        "shortDescription": {"text": "log4j-core: Remote code execution"},
        "helpUri": "https://avd.aquasec.com/nvd/cve-2021-44228",
        "help": {
            "text": "…",
            "markdown": "**Vulnerability**\n| Severity | Fixed |\n| --- | --- |\n| C | 2.15 |",
        },
        "properties": {
            "precision": "very-high",
            "security-severity": "10.0",
            "tags": ["security", "CRITICAL"],
        },
    }
    text = "Package: log4j-core\nLink: [CVE-2021-44228](https://avd.aquasec.com/nvd/cve-2021-44228)"
    item = result("CVE-2021-44228", "app/lib.jar", code="", message={"text": text}, ruleIndex=0, level="error")
    item["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] = "ROOTPATH"

    found = one(
        item,
        tool="Trivy",
        rules=(rule,),
        originalUriBaseIds={"ROOTPATH": {"uri": "file:///"}},
        columnKind="x",
    )

    assert found.title == "log4j-core: Remote code execution in app/lib.jar:1"
    assert found.description == text
    assert (found.severity, found.score) == (Severity.CRITICAL, 10)
    assert found.cve == ("CVE-2021-44228",)
    assert found.remediation.startswith("**Vulnerability**\n| Severity")


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a%20b.py", "src/a b.py"),
        ("./src//x/../a.py", "src/a.py"),
        ("file:///home/runner/work/repo/src/a.py", "src/a.py"),
        ("file:///home/someone/a.py", "/home/someone/a.py"),
        ("file:///C:/agent/s/src/a.py", "src/a.py"),
        ("C:\\agent\\s\\src\\a.py", "src/a.py"),
        ("src\\a.py", "src/a.py"),
        ("file://localhost/home/runner/work/repo/a.py", "a.py"),
        ("https://shop.example/login?next=1", "https://shop.example/login?next=1"),
    ],
)
def test_a_path_names_no_machine(uri: str, path: str) -> None:
    bases = {
        "SRCROOT": {"uri": "file:///home/runner/work/repo/"},
        "WINDOWS": {"uri": "file:///C:/agent/s"},
        "CIRCLE": {"uri": "x/", "uriBaseId": "CIRCLE"},
    }
    found = one(result(path=uri), originalUriBaseIds=bases)

    assert found.location is not None
    assert found.location.path == path


def test_a_path_may_be_given_by_index_and_nested_bases() -> None:
    item = result()
    item["locations"][0]["physicalLocation"]["artifactLocation"] = {"index": 1}
    bases = {"ROOT": {"uri": "file:///w/"}, "LIB": {"uri": "lib/", "uriBaseId": "ROOT"}}
    artifacts = [{}, {"location": {"uri": "b.py", "uriBaseId": "LIB"}}]

    found = one(item, originalUriBaseIds=bases, artifacts=artifacts)

    assert found.location is not None
    assert found.location.path == "lib/b.py"


def test_a_path_is_relative_to_the_repository_before_other_roots() -> None:
    bases = {"BUILD": {"uri": "file:///w/repo/out/"}, "REPO": {"uri": "file:///w/repo/"}}
    source = {"repositoryUri": "https://git.example/r", "mappedTo": {"uriBaseId": "REPO"}}
    item = result(path="gen/a.py")
    item["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] = "BUILD"

    found = one(item, originalUriBaseIds=bases, versionControlProvenance=[source])

    assert found.location is not None
    assert found.location.path == "out/gen/a.py"


@pytest.mark.parametrize(
    ("repository", "revision", "url"),
    [
        ("https://github.com/o/r.git", "abcdef1", "https://github.com/o/r/blob/abcdef1/src/a.py#L1"),
        ("https://token@github.com/o/r", "abcdef1", "https://github.com/o/r/blob/abcdef1/src/a.py#L1"),
        ("http://github.com/o/r", "abcdef1", ""),
        ("git@github.com:o/r.git", "abcdef1", ""),
        ("https://github.com.evil.example/o/r", "abcdef1", ""),
        ("https://github.com/o/r", "main", ""),
        ("https://dev.azure.com/contoso/Shop", "abcdef1", ""),
        ("https://[", "abcdef1", ""),
    ],
)
def test_a_link_is_made_only_where_its_form_is_known(repository: str, revision: str, url: str) -> None:
    found = one(result(), versionControlProvenance=[{"repositoryUri": repository, "revisionId": revision}])

    assert found.location is not None
    assert found.location.url == url


def test_two_repositories_make_no_link() -> None:
    source = {"repositoryUri": "https://github.com/o/r", "revisionId": "abcdef1"}

    assert one(result(), versionControlProvenance=[source, source]).location.url == ""  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("written", "description"),
    [
        ({"id": "default", "arguments": ["f", "{0}"]}, "Call f with {0}, {braces}"),
        ({"id": "default"}, "Call  with {1}, {braces}"),
        ({"id": "shared"}, "Shared"),
        ({"text": "A {0} and {1}", "arguments": ["x"]}, "A x and {1}"),
        ({"text": "f'{0}'"}, "f'{0}'"),
        ({"text": "plain", "markdown": "**rich** [here](1), [there](https://e.example)"},
         "**rich** here, [there](https://e.example)"),
        ({"text": "<b> *x* [y] a_b_c _d_"}, "\\<b> \\*x\\* \\[y\\] a_b_c \\_d\\_"),
    ],
)  # fmt: skip
def test_a_message_is_resolved(written: dict[str, Any], description: str) -> None:
    rule = {"id": "R1", "messageStrings": {"default": {"text": "Call {0} with {1}, {{braces}}"}}}
    document = report(result(message=written), rules=(rule,))
    document["runs"][0]["tool"]["driver"]["globalMessageStrings"] = {"shared": {"text": "Shared"}}

    (found,) = vulnerabilities(document)

    assert found.description == description


def test_placeholders_cannot_multiply_a_text() -> None:
    words = message({"text": "{0}" * 1_000, "arguments": ["x" * 50_000]})

    assert 100_000 < len(words.text) < 200_000


@pytest.mark.parametrize(
    ("reference", "uri"),
    [
        ({"ruleId": "R1/sub/way"}, "https://r.example/1"),
        ({"ruleId": "R1", "ruleIndex": 1}, "https://r.example/1"),
        ({"ruleId": "", "ruleIndex": 1}, "https://r.example/2"),
        ({"ruleId": "X1", "rule": {"toolComponent": {"name": "plug"}}}, "https://x.example/1"),
        ({"ruleId": "X1"}, "https://x.example/1"),
        ({"ruleId": "", "rule": {"index": 0, "toolComponent": {"guid": "g"}}}, "https://x.example/1"),
        ({"ruleId": "R9", "ruleIndex": 99}, None),
    ],
)
def test_a_rule_is_found_by_index_id_parent_and_component(reference: dict[str, Any], uri: str | None) -> None:
    rules = tuple({"id": f"R{at}", "helpUri": f"https://r.example/{at}"} for at in (1, 2))
    document = report({**result(), **reference}, rules=rules)
    plug = {"name": "plug", "guid": "g", "rules": [{"id": "X1", "helpUri": "https://x.example/1"}]}
    document["runs"][0]["tool"]["extensions"] = [{"name": "first"}, plug]

    (found,) = vulnerabilities(document)

    assert found.references == ((uri,) if uri else ())


def test_a_weakness_may_be_a_relation_of_the_rule() -> None:
    relation = {"target": {"id": "327", "toolComponent": {"name": "CWE"}}}

    assert one(result(), rules=({"id": "R1", "relationships": [relation]},)).cwe == ("CWE-327",)


def test_a_logical_location_is_the_component() -> None:
    item = {"ruleId": "R1", "message": {"text": "Weak."}, "locations": [{"logicalLocations": [{"index": 0}]}]}

    found = one(item, logicalLocations=[{"fullyQualifiedName": "shop.Cart.add"}])

    assert (found.component, found.location) == ("shop.Cart.add", None)
    assert found.title == "Weak in shop.Cart.add"


def test_only_web_addresses_become_references() -> None:
    item = result(hostedViewerUri="javascript:alert(1)")

    found = one(item, rules=({"id": "R1", "helpUri": "file:///etc/passwd"},))

    assert (found.references, found.url) == ((), "")


def test_a_weakness_may_be_a_taxon_of_the_result() -> None:
    taxa = [{"id": "79", "toolComponent": {"name": "CWE"}}, {"id": "A03", "toolComponent": {"name": "OWASP"}}]

    assert one(result(taxa=taxa)).cwe == ("CWE-79",)
