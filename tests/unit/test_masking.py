"""What looks like a secret is masked; what does not stays as it was."""

import re
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.texts.masking import FORMS, MASK, masked, masked_tree
from shared.texts.plain import one_line

_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECRETS = {
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----",
    "private key cut off": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nabc",
    "PGP": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYB\n-----END PGP PRIVATE KEY BLOCK-----",
    "AWS access key id": "AKIA" + "IOSFODNN7EXAMPLE",
    "AWS secret key": "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "Google API key": "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    "Google OAuth secret": "GOCSPX-" + "a1b2c3d4e5f6g7h8i9j0klmnopqr",
    "Google access token": "ya29." + "a0AfH6SMBx" * 5,
    "GitHub token": "ghp_" + "a1B2" * 9,
    "GitHub app token": "ghs_" + "a1B2" * 9,
    "GitHub fine-grained": "github_pat_" + "a1B2_" * 12,
    "GitLab token": "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "Slack token": "xoxb-" + "123456789012-abcdefGHIJKL",
    "Slack web hook": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "Azure DevOps token": "a1B2" * 19 + "AZDO" + "x1Y2",
    "Entra client secret": "abc8Q~" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7",
    "Stripe": "sk_live_" + "a1B2c3D4e5F6g7H8i9J0",
    "npm": "npm_" + "a1B2" * 9,
    "PyPI": "pypi-AgEIcHlwaS5vcmc" + "a1B2c" * 12,
    "JSON web token": _JWT,
    "password in an address": "postgres://app:s3cr3t!pw@db.example:5432/shop",
    "Redis without a user": "redis://:s3cr3tpw@cache.example",
    "storage account": "AccountName=x;AccountKey=Zm9vYmFyYmF6Zm9vYmFyYmF6==;EndpointSuffix=y",
    "service bus": "Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey=Zm9vYmFyYmF6Zm9v=",
    "SQL": "Server=db;User Id=app;Password=s3cr3t!pw;Encrypt=true",
    "environment": "DB_PASSWORD=s3cr3t!pw9",
    "environment in quotes": "POSTGRES_PASSWORD='s3cr3t pw9-and-more-of-it'",
    "Azure client secret": "AZURE_CLIENT_SECRET=abc.1234567890xyz",
    "JSON": '{"db_password": "s3cr3t!pw9x"}',
    "JSON in a text": r'"{\"password\": \"s3cr3t!pw9x\"}"',
    "Ruby": "password => 's3cr3t!pw9xyz'",
    "YAML": "db:\n  - admin-password: s3cr3t!pw9xy\n  host: db",
    "key in a program": '"-----BEGIN RSA PRIVATE KEY-----\\n" +\n  "MIIEowIBAAKCAQEA7\\n" +\n  "b3BlbnNzaC1rZXk"',
    "key in JSON": r"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSj",
    "old key": "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\nMIIEowIBAAKCAQEA7",
    "quoted password": 'password = "correct horse battery"',
    "shared access signature": "https://x.blob.example/c?sv=2024&sig=Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9v%3D&se=2026",
    "Authorization header": "Authorization: Bearer abcdef0123456789",
    "Basic": '"authorization": "Basic dXNlcjpwYXNzd29yZA=="',
}
KEPT = (
    "AccountName=x;AccountKey=",
    ";EndpointSuffix=y",
    "postgres://app:",
    "@db.example:5432/shop",
)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("around", ["{}", "found <{}> here", "key='{}'", "(`{}`)\nnext line"])
def test_a_secret_is_masked(name: str, around: str) -> None:
    if "cut off" in name and around != "{}":
        return
    text = masked(around.format(SECRETS[name]))

    assert MASK in text
    words = re.findall(r"[A-Za-z0-9+/_!-]{12,}", SECRETS[name].replace("EndpointSuffix", ""))
    assert [word for word in words[-1:] if word in text and "Protocol" not in word and "Encrypt" not in word] == []
    before, after = around.split("{}")
    assert text.startswith(before)
    assert text.endswith(after)


@pytest.mark.parametrize("name", FORMS)
@given(st.data())
def test_no_form_is_missed_by_the_first_glance(name: str, data: st.DataObject) -> None:
    assert MASK in masked(data.draw(st.from_regex(FORMS[name])))


def test_every_form_has_an_example() -> None:
    for name, pattern in FORMS.items():
        assert any(re.search(pattern, secret) for secret in SECRETS.values()), name


def test_what_stands_around_a_secret_stays() -> None:
    assert masked(SECRETS["storage account"]) == f"{KEPT[0]}{MASK}{KEPT[1]}"
    assert masked(SECRETS["password in an address"]) == f"{KEPT[2]}{MASK}{KEPT[3]}"
    assert masked(SECRETS["SQL"]) == f"Server=db;User Id=app;Password={MASK};Encrypt=true"


@pytest.mark.parametrize(
    "text",
    [
        "The password is checked with ==, and Password= must not be empty.",
        "login(user=name, password=password) or password=os.getenv('X')",
        "password = os.environ['PASSWORD']",
        "password = ${DB_PASSWORD}; pwd={{ secret }}",
        "See https://example.org:8080/path@v1.2.3 and git@github.com:org/repo.git",
        "commit 3f786850e387550fdab836ed7e6dc881de23001b of pkg:npm/%40angular/core@12.3.1",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H in CVE-2021-44228, GHSA-jfh8-c2jp-5v3q",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "AKIA is how access keys begin; ghp_ and glpat- are prefixes",
        "The rule finds `-----BEGIN RSA PRIVATE KEY-----` in files.\n\nRevoke the key. Affected: prod-db-7.",
        "-----BEGIN RSA PRIVATE KEY-----\nRecommendation\n\nRevoke it, see src/config1/keys.pem of host prod-db-7.",
        "DB_PASSWORD=os.environ.get, dbPassword = settings.password",
        'The field "password": {"type": "string"} and password="${DB_PASSWORD}" and "password": "{{ secret }}"',
        "password: str\npwd: ${DB_PASSWORD}\npassword: at least 8 characters",
        "3e1f8a2c-9d4b-4c3e-8f1a-2b3c4d5e6f70",
        "def authorize(token: str) -> None: ...",
    ],
)
def test_text_about_secrets_stays(text: str) -> None:
    assert masked(text) == text


words = st.text(string.ascii_letters + " .,;:()[]{}-_!?'\"\n", max_size=500)


@given(words.filter(lambda text: "eyJ" not in text))
def test_prose_is_untouched(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=300), st.sampled_from(sorted(SECRETS)), st.text(max_size=300))
def test_masking_twice_is_masking_once(before: str, name: str, after: str) -> None:
    once = masked(f"{before}\n{SECRETS[name]}\n{after}")

    assert MASK in once
    assert masked(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        *("a", "://:", "eyJ", "eyJaaaaaaaa-", "eyJaaaaaaaa-" * 300 + ".eyJ" + "a" * 16_000, "- ", "password=a"),
        *("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\na1b2c3d4\n", "-----BEGIN PRIVATE KEY-----\naB"),
        *("password='", "a:b@", "xoxb-1", "Authorization: ", "x\x00", "\u200b", "\n", "a1b2c3d4\\n"),
    ],
)
def test_no_text_takes_long(piece: str, ordinary: float) -> None:
    assert _seconds(piece) < 4 * ordinary


@pytest.mark.thorough
@pytest.mark.parametrize("name", SECRETS)
def test_no_beginning_of_a_secret_takes_long_when_it_is_repeated(name: str, ordinary: float) -> None:
    secret = SECRETS[name]
    ends = {place for found in re.finditer(r"[^A-Za-z0-9]+|.\Z", secret) for place in found.span()} - {0, len(secret)}
    slowest = max(
        (_seconds(secret[:end] + more), secret[:end] + more) for end in sorted(ends)[-5:] for more in ("", "-")
    )

    assert slowest[0] < 4 * ordinary, slowest[1]


@pytest.fixture(scope="module")
def ordinary() -> float:
    """Return how long ordinary text of that size takes on this machine: what is quadratic takes hundreds of that.

    It has an address in it, which needs the closer look, as what is hostile does.
    """
    return _seconds("some words: in a line, see http://x\n")


def _seconds(piece: str) -> float:
    """The quickest of three, of both: another process may have the processor's caches at any moment."""
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    return min(_once(text) for _ in range(3))


def _once(text: str) -> float:
    start = time.process_time()
    masked(text)
    return time.process_time() - start


@pytest.mark.parametrize("between", ["\x00", "\u200b", "\ufeff", "\x1b", "\x00\u202e"])
def test_what_is_not_shown_hides_no_secret(between: str) -> None:
    key = SECRETS["GitHub token"]

    assert masked(f"a {between.join(key)} b") == f"a {MASK} b"
    assert masked(f"{key}{between}") in (MASK, f"{MASK}{between}")
    assert masked(f"a{between}b") == f"a{between}b"


def test_an_illegal_character_ends_what_is_shown_with_a_space() -> None:
    key = SECRETS["AWS access key id"]

    assert key not in one_line(masked(f"{key[:9]}\u200b{key[9:]}\x00AND more"))


def test_a_cut_off_key_is_masked_as_long_as_it_goes_on() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSj\n\nRevoke the key of prod-db-7."

    assert masked(text) == f"{MASK}\n\nRevoke the key of prod-db-7."


def test_a_tree_is_masked_throughout() -> None:
    key = SECRETS["GitHub token"]

    assert masked_tree({"a": [key, {"b": key}], "n": 1, "x": None}) == {"a": [MASK, {"b": MASK}], "n": 1, "x": None}


def test_the_shortest_token_is_closely_looked_at() -> None:
    assert masked("a line with xoxb-a1b2c3d4e5 and words") == f"a line with {MASK} and words"


@pytest.mark.parametrize("between", ["\x00", "\x1b", "\u200b", "\u202e"])
def test_a_key_in_short_words_that_something_unseen_breaks_is_closely_looked_at(between: str) -> None:
    dashes = between.join("-----")

    assert MASK in masked(f"{dashes}BEGIN KEY{dashes}\nabCDefGH".replace("KEY", "PRIVATE KEY"))
