"""Who is let in: applications as members, and whose profile it is; our client against the simulator."""

from collections.abc import Iterator

import pytest

from shared.azure_devops import entitlements, profiles, projects
from shared.errors import CredentialError, NotFoundError, RefusedError
from tests.functional.azure_devops_client import APPLICATION, Client, azure_devops, client


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with azure_devops(tmp_path_factory.mktemp("members") / "state.db") as address:
        yield address


@pytest.fixture
def contoso(base: str) -> Iterator[Client]:
    with client(base) as made:
        yield made


def test_an_application_is_let_in_as_long_as_it_is_a_member(contoso: Client) -> None:
    application = contoso.as_bearer("application")
    with pytest.raises(CredentialError, match="TF401444"):
        application.do(projects.who_am_i())

    member = contoso.do(entitlements.add_service_principal(APPLICATION.mail))

    assert (member.object_id, member.access_level) == (APPLICATION.mail, entitlements.BASIC)
    assert application.do(projects.who_am_i()).id == member.id
    assert contoso.do(entitlements.get_service_principal(member.id)) == member

    contoso.do(entitlements.remove_service_principal(member.id))

    with pytest.raises(CredentialError, match="TF401444"):
        application.do(projects.who_am_i())
    with pytest.raises(NotFoundError):
        contoso.do(entitlements.get_service_principal(member.id))


def test_being_a_member_of_one_organisation_opens_no_other(contoso: Client, base: str) -> None:
    contoso.do(entitlements.add_service_principal(APPLICATION.mail))

    with client(base) as other, pytest.raises(CredentialError, match="TF401444"):
        other.as_bearer("application").do(projects.who_am_i())


@pytest.mark.parametrize(("object_id", "level"), [("bridge", "express"), (APPLICATION.mail, "everything")])
def test_what_the_service_has_against_a_member_comes_with_status_200(
    contoso: Client, object_id: str, level: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        contoso.do(entitlements.add_service_principal(object_id, level))

    assert "object id" in refused.value.message or "access level" in refused.value.message
    assert "Enterprise applications" in refused.value.hint


def test_adding_a_member_takes_a_right(contoso: Client) -> None:
    token = contoso.organization.token(may_administer=False)

    with pytest.raises(RefusedError, match="Access denied"):
        contoso.as_token(token).do(entitlements.add_service_principal(APPLICATION.mail))


def test_a_person_has_a_profile_and_nobody_else_has(contoso: Client) -> None:
    base = contoso.organization.base
    profile = contoso.at(base, "Bearer ada").do(profiles.my_profile())
    assert (profile.name, profile.mail) == ("Ada", "ada@contoso.example")
    assert profile.id == contoso.do(projects.who_am_i()).id

    for credential in ("Bearer application", "Bearer nobody", "Basic Ong="):
        with pytest.raises(CredentialError):
            contoso.at(base, credential).do(profiles.my_profile())
