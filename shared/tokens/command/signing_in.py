"""A person signs in once, by device code; what goes on signing in is put where the command line says."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.azure_devops.organisation import Organisation
from shared.azure_devops.projects import who_am_i
from shared.connections.credentials.credential import AccessToken, Obtained
from shared.connections.credentials.entra import Entra
from shared.connections.organisations import SigningIn
from shared.tokens.command.destinations import Destination
from shared.tokens.command.environment import Environment


@dataclass(frozen=True, slots=True)
class DeviceSignIn:
    """One sign-in; `say` tells the person what to do."""

    environment: Environment
    entra: Entra
    signing_in: SigningIn
    say: Callable[[str], None]
    sleep: Callable[[float], None] = field(default=time.sleep)

    def run(self, place: Destination) -> str:
        """Sign a person in and keep the refresh token; returns as whom the organisation knows them.

        Raises `CredentialError` when the person declined or was too late, or is no member of the organisation.
        """
        place.check()
        account = self.environment.account.details
        flow = self.entra.start_device_code(account)
        self.say(f"Open {flow['verification_uri']} and type the code {flow['user_code']}")
        token, refresh_token = self._finished(flow)
        who = self._organisation(token).do(who_am_i()).name
        place.write(refresh_token)
        return who

    def _finished(self, flow: dict[str, Any]) -> tuple[AccessToken, str]:
        while (found := self.entra.finish_device_code(self.environment.account.details, flow)) is None:
            self.sleep(float(flow.get("interval") or 5))
        return found

    def _organisation(self, token: AccessToken) -> Organisation:
        return self.signing_in.signed_in(self.environment.url, Obtained(token))
