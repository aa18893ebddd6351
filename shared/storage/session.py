"""What Azure's SDKs send by: `requests`, without what it does anew for each request, which an SDK has made whole."""

from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Request, Session

if TYPE_CHECKING:
    from collections.abc import Mapping


class SdkSession(Session):
    """A session for a few hosts, which takes less of the processor's time for each call.

    An SDK's request is sent as it is: a `.netrc` entry for the host would replace its Authorization header, and is
    looked for on the disk each time. Proxies and trust are the environment's as it was at a host's first request.
    """

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[tuple[str, ...], Mapping[str, Any]] = {}

    def prepare_request(self, request: Request) -> PreparedRequest:
        """Return the request with nothing of the session's."""
        return request.prepare()

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Return what the environment says of a host."""
        host = tuple(str(url).split("/", 3)[:3])
        if host not in self._settings:
            self._settings[host] = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return {**self._settings[host], "stream": stream}
