"""One application serves customers, each with a tenant of its own; and the machine's own identity serves ours."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from local.stack import Stack
from tests.functional.bridge import Bridge
from tests.functional.entra_admin import Case, EntraAdmin, case

REDIRECT = "https://bridge.example/done"


class Customer:
    """An organisation in a tenant of its own, with a connection that signs in as our application."""

    def __init__(self, stack: Stack, application: Case) -> None:
        self.admin = EntraAdmin(Bridge.fresh(stack, linked=False))
        self.bridge = self.admin.bridge
        self.application = application
        self.domain = f"{self.bridge.name}.example"
        self.tenant = self.admin.tenant(self.domain)

    def credential(self, tenant: str = "") -> dict[str, Any]:
        return {**self.application.credential, "tenant": tenant or self.tenant}

    def agree(self) -> dict[str, list[str]]:
        """What the customer's administrator does with the address that our API gives; returns what Entra says then."""
        given = {"client_id": self.application.principal, "tenant": self.domain, "redirect": REDIRECT}
        page = self.bridge.ask("GET", f"connections/{self.bridge.name}/consent", params=given).json()["url"]
        answer = self.admin.session.get(page, allow_redirects=False, timeout=30)
        assert answer.status_code == 302, answer.text
        where = urlsplit(answer.headers["Location"])
        assert f"{where.scheme}://{where.netloc}{where.path}" == REDIRECT
        return parse_qs(where.query)

    def object_id(self) -> str:
        """The object that stands for our application in this tenant, now a member of the organisation."""
        return self.admin.join(self.application.principal)

    def steps(self) -> dict[str, dict[str, Any]]:
        steps = self.bridge.ask("POST", f"connections/{self.bridge.name}/check").json()["steps"]
        return {step["name"]: step for step in steps}


@pytest.fixture
def application(stack: Stack) -> Case:
    """Registered once, in our tenant."""
    return case(EntraAdmin(Bridge.fresh(stack, linked=False)), "client_secret")


@pytest.fixture
def customers(stack: Stack, application: Case) -> tuple[Customer, Customer]:
    return Customer(stack, application), Customer(stack, application)


def test_two_customers_are_served_by_one_application(customers: tuple[Customer, Customer]) -> None:
    object_ids = set()
    for customer in customers:
        said = customer.agree()
        assert (said["admin_consent"], said["tenant"]) == (["True"], [customer.tenant])
        assert said["state"] == [customer.bridge.name]
        object_ids.add(customer.object_id())
        assert customer.bridge.connect(credential=customer.credential()).status_code == 200
        assert customer.bridge.link().status_code == 200

    for customer in customers:
        customer.bridge.until(customer.bridge.send(), "open")
        assert len(customer.bridge.work_items()) == 1

    signed_in = [customer.steps()["token"]["message"] for customer in customers]
    assert len(object_ids) == 2
    assert {found for found in object_ids for message in signed_in if found in message} == object_ids


def test_without_consent_the_way_to_it_is_told(customers: tuple[Customer, Customer]) -> None:
    customer, _ = customers

    refused = customer.bridge.connect(credential=customer.credential())

    assert refused.status_code == 422
    assert "AADSTS700016" in refused.json()["detail"]
    assert "/consent" in refused.json()["hint"]


def test_consent_alone_makes_no_member(customers: tuple[Customer, Customer]) -> None:
    customer, _ = customers
    customer.agree()

    assert "TF401444" in customer.bridge.connect(credential=customer.credential()).json()["detail"]


def test_a_token_of_one_tenant_opens_no_organisation_of_another(customers: tuple[Customer, Customer]) -> None:
    ours, theirs = customers
    for customer in customers:
        customer.agree()
        customer.object_id()

    refused = theirs.bridge.connect(credential=theirs.credential(ours.tenant))

    assert refused.status_code == 422
    assert theirs.tenant in refused.json()["hint"]
    assert ours.bridge.connect(credential=ours.credential()).status_code == 200


def test_an_organisation_that_moves_to_another_tenant_says_so_and_loses_no_ticket(
    customers: tuple[Customer, Customer],
) -> None:
    customer, other = customers
    for each in customers:
        each.agree()
    customer.object_id()
    assert customer.bridge.connect(credential=customer.credential()).ok
    assert customer.bridge.link().ok

    customer.admin.tenant(other.domain)
    ticket = customer.bridge.send()
    steps = customer.steps()
    assert (steps["token"]["ok"], steps["member"]["ok"]) == (True, False)
    assert other.tenant in steps["member"]["hint"]
    customer.object_id()
    assert customer.bridge.connect(credential=customer.credential(other.tenant)).ok

    customer.bridge.until(ticket, "open")
    assert len(customer.bridge.work_items()) == 1


def test_a_managed_identity_belongs_to_its_own_tenant_only(stack: Stack) -> None:
    admin = EntraAdmin(Bridge.fresh(stack, linked=False))
    credential = {"kind": "managed_identity"}
    tenant = admin.tenant(f"{admin.bridge.name}.example")

    refused = admin.bridge.connect(credential=credential)

    assert refused.status_code == 422
    assert tenant in refused.json()["hint"]
