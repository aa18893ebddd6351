"""When a credential ends, in Key Vault, in the API, and as an alert of the timer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.functional.bridge import Bridge, eventually
from tests.functional.entra_admin import EntraAdmin, case, connect, grant


def watch(bridge: Bridge) -> None:
    addresses = bridge.stack.addresses
    url = f"{addresses.functions}/admin/functions/watch_credentials"
    assert bridge.session.post(url, json={}, headers={"x-functions-key": addresses.host_key}, timeout=30).ok


def read(bridge: Bridge) -> dict[str, Any]:
    return dict(bridge.ask("GET", f"connections/{bridge.name}").json())


def test_a_token_whose_end_was_given_is_told_of_once(bridge: Bridge) -> None:
    assert read(bridge)["credential_expires"] is None
    end = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    credential = {"kind": "personal_access_token", "token": bridge.token, "expires": end.isoformat()}

    saved = bridge.connect(credential=credential)

    assert saved.status_code == 200, saved.text
    assert datetime.fromisoformat(saved.json()["credential_expires"]) == end
    assert bridge.ask("GET", "health", params={"deep": "true"}).json()["credentials_expiring"] >= 1
    watch(bridge)
    (alert,) = eventually(bridge.alerts, what="the alert")
    assert (alert["kind"], alert["subject"], alert["severity"]) == ("credential_expiring", bridge.name, "error")
    watch(bridge)
    assert bridge.connect(credential={**credential, "expires": None}).json()["credential_expires"] is None
    watch(bridge)
    assert len(bridge.alerts()) == 1


def test_a_certificate_and_a_sign_in_need_nobody_to_say_it(admin: EntraAdmin) -> None:
    ends = []
    for kind in ("certificate", "signed_in_user"):
        made = case(admin, kind)
        grant(admin, made)
        found = connect(admin, made)["credential_expires"]
        ends.append(datetime.fromisoformat(found) - datetime.now(UTC))

    assert timedelta() < ends[0] < timedelta(days=1)
    assert timedelta(days=89) < ends[1] < timedelta(days=90)
