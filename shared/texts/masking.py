"""Values that look like secrets are masked before anything that a scanner found is shown to more people.

Whoever may see a card is seldom who may see the code. The forms are those that vendors document or that secret
scanners agree on; what has no form of its own (a password in a sentence) cannot be told from other text.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.texts.plain import clean

MASK = "[secret masked]"

_ENDS = r"\s;\"'`&,<>()\[\]"
_VALUE = rf"[^{_ENDS}]"
# Other words may stand before them, as in DB_PASSWORD.
_NAMES = r"(?i:AccountKey|SharedAccessKey|SharedSecretValue|Password|Passwd|Pwd|Client_?Secret|api[_-]?key)"
_BEFORE, _AFTER = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"


def _token(pattern: str) -> str:
    return f"{_BEFORE}(?:{pattern}){_AFTER}"


_KEY = r"(?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
# Of a key that is cut off: lines of Base64, as files, programs and JSON have them, and the headers of old keys.
_GAP = r"(?:[\s\"'+,>|#*]|\\[nrt]){0,80}+"
_HEADER = r"(?:Proc-Type|DEK-Info|Version|Comment|Charset):[^\n\\]{0,200}+"
_BASE64 = r"(?=[A-Za-z]*+[0-9+/=]|[A-Za-z]*?[a-z][A-Z])[A-Za-z0-9+/=]{8,}+(?![.:@_%-][A-Za-z0-9])"
_LAST = r"(?:[ \t]*(?:\r?\n|\\n)[A-Za-z0-9+/=]{1,7}\s*\Z)?"
_CUT_OFF = rf"(?:{_GAP}(?:{_HEADER}|{_BASE64}))++{_LAST}"

FORMS: Mapping[str, str] = {
    # https://datatracker.ietf.org/doc/html/rfc7468; where only its beginning is named, that is no secret
    "private key": rf"-----BEGIN {_KEY}(?:[^-]*+(?:-(?!----)[^-]*+)*+-----END {_KEY}|{_CUT_OFF})",
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    "AWS access key id": _token(r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"),
    "AWS secret key": r"(?i:(?<=aws_secret_access_key)|(?<=aws_session_token)|(?<=secretaccesskey))"
    r"(?P<aws>[\"']?\s{0,3}[=:]\s{0,3}[\"']?)[A-Za-z0-9/+=]{40,2000}",
    # https://cloud.google.com/docs/authentication/api-keys
    "Google API key": _token(r"AIza[A-Za-z0-9_-]{35}"),
    "Google OAuth secret": _token(r"GOCSPX-[A-Za-z0-9_-]{20,60}"),
    "Google access token": _token(r"ya29\.[A-Za-z0-9_-]{20,2000}"),
    # https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
    "GitHub token": _token(r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255}"),
    # https://docs.gitlab.com/security/tokens/#token-prefixes
    "GitLab token": _token(r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas)-[A-Za-z0-9_.-]{20,300}"),
    # https://docs.slack.dev/authentication/tokens
    "Slack token": _token(r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}|xapp-[0-9]-[A-Za-z0-9-]{10,250}"),
    "Slack web hook": r"(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,80}",
    # https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
    "Azure DevOps token": _token(r"[A-Za-z0-9]{75,76}AZDO[A-Za-z0-9]{4}"),
    # https://learn.microsoft.com/purview/sit-defn-client-secret-api-key
    "Entra client secret": r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])",
    "Stripe, npm, PyPI": _token(
        r"(?:sk|rk)_live_[A-Za-z0-9]{20,250}|npm_[A-Za-z0-9]{36}|pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}"
    ),
    # https://datatracker.ietf.org/doc/html/rfc7519
    "JSON web token": _token(r"eyJ[A-Za-z0-9_-]{8,4000}+\.eyJ[A-Za-z0-9_-]{8,16000}+\.[A-Za-z0-9_-]{0,4000}+"),
    # https://datatracker.ietf.org/doc/html/rfc3986#section-3.2.1
    "password in an address": r"(?P<address>\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,200}:)[^\s/@\"'<>]{1,500}(?=@)",
    # https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string and its relatives
    "connection string": rf"(?P<setting>{_NAMES}=)(?![$%{{*])"
    # A word alone is a name in a program, unless a setting of a connection string ends behind it.
    rf"(?:(?=[A-Za-z_.]*[^A-Za-z_.{_ENDS}]){_VALUE}{{6,1000}}+(?![\[(])|{_VALUE}{{4,1000}}+(?=;))",
    # In programs, in .env and in JSON, also within a text of a program.
    "quoted password": rf"(?P<quoted>{_NAMES}(?:\\?[\"'])?\s{{0,3}}(?:=>?|:=?)\s{{0,3}})(?!\\?[\"'][$%]?\{{)"
    r"(?:\\?\"[^\"\n]{4,500}\"|'[^'\n]{4,500}')",
    # In YAML, on a line of its own; a word alone may be a type.
    "password on a line": rf"(?P<line>(?m:^)[ \t]{{0,40}}(?:- )?[\w.-]{{0,80}}?{_NAMES}:[ \t]{{1,3}})(?![$%{{*])"
    rf"(?=[A-Za-z_.]*[^A-Za-z_.{_ENDS}]){_VALUE}{{6,1000}}+(?=[ \t]*(?m:$))",
    # https://learn.microsoft.com/rest/api/storageservices/create-service-sas
    "shared access signature": r"(?P<sas>[?&;]sig=)[A-Za-z0-9%/+=]{20,200}",
    # https://datatracker.ietf.org/doc/html/rfc6750
    "Authorization header": r"(?P<scheme>(?i:\bAuthorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
    r"(?:Bearer|Basic|token)\s{1,3}))[A-Za-z0-9._~+/=-]{8,4000}",
}
"""What is masked, by what it is. A group with a name stays: it says what stood there."""

_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_MAY_BE = re.compile(rf"[=:@]|{_CONTROLS}|-----|[^ \t\n\r]{{15}}")
_TELLING = re.compile(
    rf"{_CONTROLS}|-----|akia|asia|abia|acca|secretaccesskey|aws_secret|aws_session|aiza|gocspx|ya29|ghp_|gho_|ghu_|ghs_"
    r"|ghr_|github_pat_|glpat-|gldt-|glrt-|glcbt-|glptt-|glft-|glsoat-|glagent-|gloas-|xox|xapp-|slack\.com|azdo|7q~|8q~"
    r"|_live_|npm_|pypi-|eyj|://|accountkey|sharedaccesskey|sharedsecretvalue|password|passwd|pwd|clientsecret"
    r"|client_secret|apikey|api_key|api-key|sig=|authorization"
)
"""What each of the forms has something of, in small letters. The forms themselves take ten times as long to look for,
and most lines of text do not even have what is quicker still to look for: signs, or a word of 15 letters."""
_ANY = re.compile("|".join(f"(?:{pattern})" for pattern in FORMS.values()))


def masked(text: str) -> str:
    """Return `text` with `MASK` in place of what looks like a secret; other text is as it was.

    Characters that are not shown hide nothing: where there is a secret without them, the text comes back without them.
    """
    if text.isascii() and not (_MAY_BE.search(text) and _TELLING.search(text.lower())):
        return text
    shown = _ANY.sub(_masked, text)
    if shown.isascii() and shown.isprintable():
        return shown
    for instead in ("", " "):
        bare = clean(shown, instead)
        if bare != shown and (hidden := _ANY.sub(_masked, bare)) != bare:
            shown = hidden
    return shown


def masked_tree(value: Any) -> Any:
    """Return a JSON value with all of its texts masked; names of members stay."""
    match value:
        case str():
            return masked(value)
        case Mapping():
            return {name: masked_tree(child) for name, child in value.items()}
        case Sequence():
            return [masked_tree(child) for child in value]
    return value


def _masked(found: re.Match[str]) -> str:
    kept = next((text for text in found.groupdict().values() if text is not None), "")
    return f"{kept}{MASK}"
