"""What ends soon is told at 14, 7, 3 and 1 days and when it has ended: once each, whoever restarts."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from shared.alerts import threshold, urgency
from shared.connections.credentials.models import AnyCredential
from shared.connections.credentials.signed_in_user import obtain, stored_form
from shared.connections.defaults import Defaults
from shared.connections.expiry import Expiries
from shared.connections.models import Connection
from shared.connections.organisations import StoredSecret
from shared.errors import RejectedRequestError, TransientError
from shared.storage.secrets import Version
from shared.validation import validated
from tests.functional.entra_admin import key_and_certificate
from tests.unit.small_tables import SmallTable

DAY = timedelta(days=1)
START = datetime(2027, 1, 1, tzinfo=UTC)
CONTOSO = Connection("contoso", "https://u/contoso", "service_principal", "connection-contoso-1", "", Defaults(),
                     details={"proof": "client_secret"})  # fmt: skip


@dataclass
class World:
    """Connections, a vault that says when its secrets end, and a clock."""

    at: datetime = START
    table: SmallTable = field(default_factory=SmallTable)
    ends: dict[str, datetime | None] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=lambda: [CONTOSO])
    told: list[tuple[str, str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    deaf: bool = False

    def expiries(self) -> Expiries:
        """Return a process that was just started."""
        store: Any = SimpleNamespace(all=lambda: self.connections, get=self._get)
        vault: Any = SimpleNamespace(ends=lambda: self.ends, newest=self._newest)
        alerts: Any = SimpleNamespace(send=self._send)
        return Expiries(self.table, store, vault, alerts, lambda: self.at)  # type: ignore[arg-type]

    def _get(self, name: str) -> Connection:
        return next(one for one in self.connections if one.name == name)

    def _newest(self, name: str) -> Version:
        return Version("1", {}, expires=self.ends.get(name))

    def _send(self, kind: str, subject: str, message: str, *, hint: str, severity: str) -> None:
        if self.deaf:
            raise TransientError("no queue")
        self.told.append((kind, subject, severity))
        self.words.append(f"{message} {hint}")

    def daily(self, days: float, *, apart: timedelta = timedelta(hours=1)) -> list[float]:
        """Watch for so many days; return after how many days each alert came."""
        begun, heard = self.at, []
        while self.at < begun + days * DAY:
            before = len(self.told)
            self.expiries().watch()
            heard += [(self.at - begun) / DAY] * (len(self.told) - before)
            self.at += apart
        return heard


def test_each_threshold_is_told_once_whoever_restarts() -> None:
    world = World(ends={CONTOSO.secret: START + 20 * DAY})

    assert world.daily(40) == [6, 13, 17, 19, 20]

    assert [severity for _, _, severity in world.told] == ["warning", "warning", "error", "error", "error"]
    assert {(kind, subject) for kind, subject, _ in world.told} == {("credential_expiring", "contoso")}
    assert "client secret of the application of the connection contoso ends on 2027-01-21 00:00 UTC" in world.words[0]
    assert " ended on " in world.words[-1]
    assert "save the connection" in world.words[0]


def test_who_comes_late_is_told_of_the_nearest_only() -> None:
    world = World(ends={CONTOSO.secret: START + 2 * DAY})

    assert world.daily(1.5) == [0, 1]


def test_another_credential_is_another_story() -> None:
    world = World(ends={CONTOSO.secret: START + 2 * DAY})
    world.expiries().watch()

    renewed = replace(CONTOSO, secret="connection-contoso-2")
    world.connections, world.ends = [renewed], {renewed.secret: START + 2 * DAY}
    world.expiries().watch()
    assert len(world.told) == 2

    world.ends = {renewed.secret: START + 12 * DAY}  # the same secret, with another version
    world.expiries().watch()
    assert len(world.told) == 3


def test_what_is_not_known_is_not_told_and_forgets_what_was() -> None:
    world = World(ends={CONTOSO.secret: START + 2 * DAY})
    world.expiries().watch()

    world.ends = {CONTOSO.secret: None}
    world.expiries().watch()

    assert len(world.told) == 1
    assert (world.expiries().of(CONTOSO), world.expiries().soon()) == (None, 0)


def test_a_connection_that_is_gone_is_forgotten() -> None:
    world = World(ends={CONTOSO.secret: START + 2 * DAY})
    world.expiries().watch()

    world.connections = []
    world.expiries().watch()

    assert world.table.rows == {}


def test_the_key_of_service_hooks_is_watched_by_its_name() -> None:
    world = World(connections=[], ends={"hook-key": START + 5 * DAY, "somebody-elses": START + DAY})

    world.expiries().watch()

    assert world.told == [("credential_expiring", "HOOK_KEY", "warning")]
    assert "raise HOOK_EPOCH" in world.words[0]


def test_a_managed_token_is_watched_by_its_own_runs() -> None:
    borrowed = replace(CONTOSO, credential="managed_token", secret="sonar-token")
    world = World(connections=[borrowed], ends={"sonar-token": START + DAY})

    world.expiries().watch()

    assert world.told == []


def test_what_could_not_be_told_is_told_later() -> None:
    world = World(ends={CONTOSO.secret: START + 2 * DAY}, deaf=True)
    with pytest.raises(TransientError):
        world.expiries().watch()

    world.deaf = False
    world.expiries().watch()

    assert len(world.told) == 1


def test_it_is_seen_at_once_where_it_was_saved() -> None:
    world = World(ends={CONTOSO.secret: START + 10 * DAY})

    world.expiries().look_at("contoso")

    assert (world.expiries().of(CONTOSO), world.expiries().soon()) == (START + 10 * DAY, 1)
    assert world.expiries().of(replace(CONTOSO, secret="connection-contoso-2")) is None
    world.expiries().watch()
    assert len(world.told) == 1
    world.expiries().look_at("contoso")  # saved again as it is
    world.expiries().watch()
    assert len(world.told) == 1


def test_what_cannot_be_seen_fails_no_saving() -> None:
    def silent(_: str) -> Version:
        raise TransientError("no vault")

    world = World()
    expiries = replace(world.expiries(), vault=SimpleNamespace(newest=silent))  # type: ignore[arg-type]

    expiries.look_at("contoso")

    assert world.table.rows == {}


@pytest.mark.parametrize(
    ("left", "at"),
    [(15 * DAY, None), (14 * DAY, 14), (7 * DAY, 7), (4 * DAY, 7), (3 * DAY, 3), (DAY, 1), (timedelta(), 0), (-DAY, 0)],
)
def test_thresholds(left: timedelta, at: int | None) -> None:
    assert threshold(left) == at


def test_what_is_urgent() -> None:
    assert [urgency(at) for at in (0, 3, 7)] == ["error", "error", "warning"]


class Body(BaseModel):
    credential: AnyCredential


def judged(**credential: Any) -> Any:
    return validated(Body, {"credential": credential}, what="connection").credential


TENANT = {"tenant": "contoso.example", "client_id": "11111111-2222-3333-4444-555555555555"}
TOKEN = {"kind": "personal_access_token", "token": "x" * 52}
SECRET = {"kind": "service_principal", **TENANT, "client_secret": "s"}
PASSWORD = {"kind": "user_password", **TENANT, "user_name": "a@contoso.example", "password": "p"}


@pytest.mark.parametrize("credential", [TOKEN, SECRET, PASSWORD], ids=lambda one: one["kind"])
def test_an_end_may_be_given_as_a_day_or_a_moment(credential: dict[str, Any]) -> None:
    end = datetime(2199, 1, 31, tzinfo=UTC)

    assert judged(**credential).ends() is None
    assert judged(**credential, expires="2199-01-31").ends() == end
    found = judged(**credential, expires="2199-01-31T01:00:00+01:00")
    assert found.ends() == end
    assert "expires" not in found.account().details


@pytest.mark.parametrize(
    ("credential", "words"),
    [
        ({**TOKEN, "expires": "2020-01-31"}, "must lie in the future"),
        ({**TOKEN, "expires": "soon"}, "/credential/expires"),
        ({"kind": "service_principal", **TENANT, "federated": True, "expires": "2199-01-31"}, "together with client"),
        ({"kind": "signed_in_user", **TENANT, "expires": "2199-01-31"}, "/credential/expires"),
    ],
)
def test_an_end_that_cannot_be(credential: dict[str, Any], words: str) -> None:
    with pytest.raises(RejectedRequestError) as refused:
        judged(**credential)

    assert words in f"{refused.value.message} {refused.value.problems}"


def test_a_certificate_says_itself_when_it_ends() -> None:
    pem, _ = key_and_certificate()

    found = judged(kind="service_principal", **TENANT, certificate=pem)

    assert found.ends() - datetime.now(UTC) < DAY


def test_each_use_of_a_sign_in_puts_its_end_off(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: dict[str, Any] = {}
    vault: Any = SimpleNamespace(
        get=lambda _: stored_form("old"), set=lambda name, value, *, expires: stored.update({name: (value, expires)})
    )
    entra: Any = SimpleNamespace(with_refresh_token=lambda *_: ("token", "new"))
    connection = replace(CONTOSO, credential="signed_in_user")

    obtain(entra, {}, StoredSecret(vault, connection))

    value, expires = stored[CONTOSO.secret]
    assert value == stored_form("new")
    assert timedelta(days=89) < expires - datetime.now(UTC) <= timedelta(days=90)
