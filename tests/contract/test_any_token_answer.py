"""Whatever Entra, or a proxy in its place, answers: a token of the right form, or one of our errors."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.connections.credentials.credential import AccessToken
from shared.connections.credentials.entra import Entra
from shared.errors import BridgeError
from tests.thorough import examples
from tests.unit.canned import Canned

LOGIN = "https://login.example"
ACCOUNT = {
    "tenant": "contoso.example",
    "client_id": "11111111-2222-3333-4444-555555555555",
    "user_name": "ada@contoso.example",
}
FLOW = {"device_code": "x", "expires_at": 4e9, "interval": 5}
ASK: Mapping[str, Callable[[Entra], Any]] = {
    "application": lambda entra: entra.as_application(ACCOUNT, "secret"),
    "password": lambda entra: entra.with_password(ACCOUNT, None, "password"),
    "refresh token": lambda entra: entra.with_refresh_token(ACCOUNT, "token"),
    "start": lambda entra: entra.start_device_code(ACCOUNT),
    "finish": lambda entra: entra.finish_device_code(ACCOUNT, FLOW),
}
DISCOVERY = {
    "issuer": f"{LOGIN}/contoso.example/v2.0",
    "authorization_endpoint": f"{LOGIN}/contoso.example/oauth2/v2.0/authorize",
    "token_endpoint": f"{LOGIN}/contoso.example/oauth2/v2.0/token",
    "device_authorization_endpoint": f"{LOGIN}/contoso.example/oauth2/v2.0/devicecode",
}
NAMES = st.sampled_from(
    [
        *("access_token", "refresh_token", "id_token", "expires_in", "token_type", "error", "error_description"),
        *("error_codes", "scope", "client_info", "device_code", "user_code", "verification_uri", "interval", "message"),
        *("token_endpoint", "issuer", "account_type", "federation_metadata_url", "ver", "suberror", "claims"),
    ]
)
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("AADSTS50076: x")
VALUES = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=4))
BODIES = st.binary(max_size=100) | (VALUES | st.dictionaries(NAMES, VALUES)).map(
    lambda value: json.dumps(value).encode()
)
TYPES = st.sampled_from(["application/json", "text/html", "application/json; charset=nonsense", ""])
ANSWERS = st.tuples(
    st.sampled_from([200, 200, 200, 204, 302, 400, 401, 404, 429, 500, 503]),
    TYPES.map(lambda kind: {"content-type": kind}),
    BODIES,
)
RIGHT = (200, {"content-type": "application/json"}, json.dumps(DISCOVERY).encode())


def judged(found: Any) -> None:
    token = found[0] if isinstance(found, tuple) else found
    assert found is None or isinstance(token, AccessToken | dict), found
    if isinstance(token, AccessToken):
        assert re.fullmatch(r"[!-~]+", token.value), "it becomes a header"
        assert token.value not in ("None", "True"), "what is no text is no token"
        assert isinstance(token.seconds, float)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This API has been deprecated for public client flows:DeprecationWarning")
@pytest.mark.parametrize("name", ASK)
@given(st.just(RIGHT) | ANSWERS, st.lists(ANSWERS, min_size=1, max_size=3))
@settings(max_examples=examples(100), deadline=None)
def test_no_answer_raises_anything_but_our_errors(name: str, first: Any, others: list[Any]) -> None:
    entra = Entra(LOGIN, seconds=5)
    entra._open()._session.mount("https://", Canned([first, *others]))
    try:
        judged(ASK[name](entra))
    except BridgeError as error:
        str(error).encode()
    finally:
        entra.close()
