"""Code is read by an application, without anybody's token: by every kind of credential, and for any customer."""

import pytest

from tests.functional.entra_admin import EntraAdmin, case, connect, grant
from tests.functional.pushed_code import component, names, push, read
from tests.functional.test_tenants import Customer

APPLICATIONS = ("client_secret", "certificate", "federated", "managed_identity", "system_assigned")


@pytest.mark.slow
@pytest.mark.every_case
@pytest.mark.parametrize("kind", APPLICATIONS)
def test_an_application_reads_code_as_itself(admin: EntraAdmin, kind: str) -> None:
    made = case(admin, kind)
    grant(admin, made)
    identity = connect(admin, made)["identity"]
    push(admin.bridge, {"a.py": component("a.v1")})

    assert names(read(admin.bridge)) == ["a.v1"]
    readers = {one["identity"] for one in admin.bridge.asked() if "/_apis/git/" in one["path"]}
    assert len(readers) == 1
    assert identity in readers.pop()


@pytest.mark.slow
@pytest.mark.every_case
def test_it_does_so_in_a_customers_tenant(admin: EntraAdmin) -> None:
    customer = Customer(admin.bridge.stack, case(admin, "client_secret"))
    customer.agree()
    customer.object_id()
    assert customer.bridge.connect(credential=customer.credential()).ok
    push(customer.bridge, {"a.py": component("a.v1")})

    assert names(read(customer.bridge)) == ["a.v1"]
