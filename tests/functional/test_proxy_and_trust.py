"""Our client of Azure DevOps behind a company's network: a proxy, and a certificate authority of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.ports import free_port
from local.simulators import azure_devops
from local.simulators.serving import Serving
from local.trust import Trust
from shared.azure_devops.organisation import Organisation, new_session
from shared.azure_devops.projects import list_projects
from shared.azure_devops.work_items import add_fields, create
from shared.errors import TransientError, UnknownError
from tests.functional.proxy import proxy

CREATE = create("Mobile", "Bug", add_fields({"System.Title": "x"}))


@dataclass(frozen=True)
class Served:
    """A simulator behind HTTPS, and the authority that vouches for it."""

    url: str
    trust: Trust


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("trust")
    trust, port = Trust.under(folder), free_port()
    ada = azure_devops.Identity("Ada", "ada@contoso.example")
    app = azure_devops.app(folder / "state.db", entra_tokens=lambda *_: ada)
    serving = Serving(app, port, certificate=trust.certificate)
    serving.start()
    yield Served(f"https://127.0.0.1:{port}", trust)
    serving.end()
    serving.stop()


@pytest.fixture
def contoso(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organisation]:
    for name, value in served.trust.environment().items():
        monkeypatch.setenv(name, value)
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with new_session() as session:
        yield Organisation(f"{served.url}/contoso", session, lambda _: "Bearer x", seconds=10)


@pytest.mark.parametrize(("no_proxy", "through"), [("", True), ("127.0.0.1", False)])
def test_requests_go_through_the_proxy_unless_the_host_is_excepted(
    served: Served, contoso: Organisation, monkeypatch: pytest.MonkeyPatch, no_proxy: str, through: bool
) -> None:
    with proxy() as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        monkeypatch.setenv("NO_PROXY", no_proxy)

        assert contoso.do(list_projects()).entries

    assert (between.asked == [served.url.removeprefix("https://")]) is through


def test_a_proxy_that_is_not_there_is_told_as_what_it_is(
    contoso: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    with pytest.raises(TransientError, match="could not be reached"):
        contoso.do(list_projects())


def test_an_authority_of_ones_own_is_trusted_when_it_is_named(contoso: Organisation) -> None:
    assert contoso.do(CREATE).id


def test_who_is_not_trusted_is_told_nothing_and_the_reader_what_to_do(
    contoso: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")

    with pytest.raises(TransientError, match="not trusted") as refused:
        contoso.do(CREATE)

    assert not isinstance(refused.value, UnknownError), "nothing was sent"
    assert "REQUESTS_CA_BUNDLE" in refused.value.hint
