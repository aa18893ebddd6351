"""Asks Microsoft Entra ID for tokens, through msal.

https://learn.microsoft.com/entra/msal/python
Each request makes a msal application of its own: msal's caches would keep tokens that Azure DevOps has refused,
and refusals that a person has mended since.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shared.connections.credentials.answers import refused, refused_text
from shared.connections.credentials.credential import AZURE_DEVOPS_SCOPE, AccessToken
from shared.errors import CredentialError, TransientError

if TYPE_CHECKING:
    import requests

type Proof = str | Mapping[str, Any] | None
"""A client secret, or what msal makes a client assertion of; nothing for a public client."""
_SCOPES = [AZURE_DEVOPS_SCOPE]
_HEADER_SAFE = re.compile(r"[!-~]+")
_PENDING = frozenset({"authorization_pending", "slow_down"})


class Entra:
    """One authority, such as https://login.microsoftonline.com; each request names its tenant.

    Everything raises `CredentialError` when Entra refuses and `TransientError` when it does not answer.
    """

    def __init__(self, url: str, *, seconds: float) -> None:
        self.url = url
        self._seconds = seconds
        self._lock = threading.Lock()
        self._http: _Http | None = None

    def as_application(self, account: Mapping[str, str], proof: Proof) -> AccessToken:
        """Sign in as an application itself: the client credentials flow."""
        return _token(self._asked(lambda: self._client(account, proof).acquire_token_for_client(_SCOPES)))

    def with_password(self, account: Mapping[str, str], proof: Proof, password: str) -> AccessToken:
        """Sign in as a user by name and password, which cannot pass a second factor.

        https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc
        """
        user = account["user_name"]
        return _token(
            self._asked(
                lambda: self._client(account, proof).acquire_token_by_username_password(user, password, _SCOPES)
            )
        )

    def with_refresh_token(self, account: Mapping[str, str], refresh_token: str) -> tuple[AccessToken, str]:
        """Go on as a user who signed in before; returns the token and the refresh token to use next time."""
        answer = self._asked(lambda: self._client(account, None).acquire_token_by_refresh_token(refresh_token, _SCOPES))
        return _token(answer), str(answer.get("refresh_token") or refresh_token)

    def start_device_code(self, account: Mapping[str, str]) -> dict[str, Any]:
        """Start a sign-in on another device; the answer holds a secret, the `device_code`.

        https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
        """
        flow: dict[str, Any] = self._asked(lambda: self._client(account, None).initiate_device_flow(_SCOPES))
        if "device_code" not in flow:
            raise refused(flow)
        return flow

    def finish_device_code(self, account: Mapping[str, str], flow: Mapping[str, Any]) -> tuple[AccessToken, str] | None:
        """Ask once whether the person has signed in: the tokens, or None while it is pending."""
        answer = self._asked(
            lambda: self._client(account, None).acquire_token_by_device_flow(dict(flow), exit_condition=lambda _: True)
        )
        if isinstance(answer, Mapping) and str(answer.get("error")) in _PENDING:
            if time.time() < float(flow["expires_at"]):
                return None
            answer = {"error": "expired_token"}
        token = _token(answer)
        if not answer.get("refresh_token"):
            raise CredentialError(
                "Microsoft Entra ID gave no refresh token.", hint="Allow the application the scope offline_access."
            )
        return token, str(answer["refresh_token"])

    def close(self) -> None:
        """Close what is kept open between requests; the next one opens it again."""
        with self._lock:
            if self._http is not None:
                self._http.end()
            self._http = None

    def _client(self, account: Mapping[str, str], proof: Proof) -> Any:
        import msal  # type: ignore[import-untyped]  # noqa: PLC0415  half a second that other kinds do not need

        wanted: dict[str, Any] = {
            "authority": f"{self.url}/{account['tenant']}",
            # Else msal would ask Microsoft's public cloud whether the authority, a setting of ours, is one.
            "instance_discovery": False,
            "http_client": self._open(),
        }
        if proof is None:
            return msal.PublicClientApplication(account["client_id"], **wanted)
        return msal.ConfidentialClientApplication(account["client_id"], client_credential=proof, **wanted)

    def _asked(self, ask: Callable[[], Any]) -> Any:
        import requests  # noqa: PLC0415
        from msal.exceptions import MsalError  # type: ignore[import-untyped]  # noqa: PLC0415

        try:
            return ask()
        except requests.exceptions.SSLError as error:
            hint = "Behind a proxy that opens TLS, set REQUESTS_CA_BUNDLE to a file with its certificate authority."
            raise TransientError("The certificate of Microsoft Entra ID is not trusted here.", hint=hint) from error
        except requests.RequestException as error:
            raise TransientError("Microsoft Entra ID could not be reached.") from error
        # What msal raises of answers that it cannot read.
        except (MsalError, ValueError, LookupError, AttributeError, RuntimeError, TypeError) as error:
            # What the authority said of a tenant is in the error behind the one that msal raises.
            raise refused_text(f"{error} {error.__context__}") from None

    def _open(self) -> "_Http":
        with self._lock:
            if self._http is None:
                self._http = _Http(self.url, self._seconds)
            return self._http


class _Http:
    """What msal sends by: proxies and trust from the environment, bounded in time, never redirected.

    msal looks up where a user signs in at the authority's host name, and forgets its port; here it is put back.
    """

    def __init__(self, url: str, seconds: float) -> None:
        import requests  # noqa: PLC0415

        parts = urlsplit(url)
        self._host, self._with_port = f"https://{parts.hostname}/", f"https://{parts.netloc}/"
        self._sent: Mapping[str, Any] = {"timeout": seconds, "allow_redirects": False}
        self._session = requests.Session()
        self._session.auth = _as_it_is  # a .netrc entry for the host would add a header
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get(self, url: str, **request: Any) -> "requests.Response":
        return self._session.get(self._addressed(url), **{**request, **self._sent})

    def post(self, url: str, **request: Any) -> "requests.Response":
        return self._session.post(self._addressed(url), **{**request, **self._sent})

    def close(self) -> None:
        """msal closes what it was given when an application goes; the next one needs it."""

    def end(self) -> None:
        self._session.close()

    def _addressed(self, url: str) -> str:
        return self._with_port + url.removeprefix(self._host) if url.startswith(self._host) else url


def _as_it_is(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    return request


def _token(answer: Any) -> AccessToken:
    if not isinstance(answer, Mapping):
        raise CredentialError("Microsoft Entra ID gave no token.", hint="Check the connection's credential.")
    if "access_token" not in answer:
        raise refused(answer)
    value, seconds = answer["access_token"], answer.get("expires_in") or 0
    if not (isinstance(value, str) and _HEADER_SAFE.fullmatch(value) and isinstance(seconds, int | float)):
        raise TransientError("Microsoft Entra ID answered in an unexpected form.")
    return AccessToken(value, float(seconds))
