"""Our REST client against the simulator: one fresh organisation, asked as several identities."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.simulators.azure_devops import Identity
from shared.azure_devops.organisation import Call, Organisation, new_session
from tests.functional.simulated_azure_devops import Organization, simulator

ADA = Identity("Ada", "ada@contoso.example")
READER = Identity("Reader", "reader@contoso.example", scopes=("vso.pats",))
APPLICATION = Identity("bridge", "3f0a1d6e-91c2-4a55-8d37-5b6c7d8e9f01", user=False)
BEARERS = {"ada": ADA, "reader": READER, "application": APPLICATION}


@contextmanager
def azure_devops(file: Path) -> Iterator[str]:
    """Yield the address of a simulator that knows the bearer tokens of `BEARERS`."""
    with simulator(file, entra_tokens=lambda token, _: BEARERS.get(token)) as base:
        yield base


class Client:
    """Our client in one organisation of the simulator; `control` does what its administrators do."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.control = organization.control
        self.name = organization.name
        self._session = new_session()

    def at(self, url: str, authorization: str) -> Organisation:
        return Organisation(url, self._session, lambda _: authorization, seconds=20)

    def as_bearer(self, token: str) -> Organisation:
        return self.at(f"{self.organization.base}/{self.name}", f"Bearer {token}")

    def as_token(self, token: str) -> Organisation:
        header = f"Basic {b64encode(f':{token}'.encode()).decode()}"
        return self.at(f"{self.organization.base}/{self.name}", header)

    def do[T](self, call: Call[T]) -> T:
        return self.as_bearer("ada").do(call)

    def close(self) -> None:
        self._session.close()


@contextmanager
def client(base: str) -> Iterator[Client]:
    with Organization(base) as organization:
        made = Client(organization)
        try:
            yield made
        finally:
            made.close()
