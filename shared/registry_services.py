"""Composition of what is asked of registries, and of what their queue and timer start."""

from shared.clients import Clients
from shared.once import once
from shared.registries.keeping.following import Following
from shared.registries.keeping.forgetting import Forgetting
from shared.registries.keeping.questions import Questions
from shared.registries.keeping.reading import ReadCommit
from shared.registries.keeping.readings import Readings
from shared.registries.keeping.registries import Registries
from shared.registries.keeping.runs import Runs
from shared.registries.keeping.shelf import Shelf
from shared.storage.tables import Table


class RegistryServices(Clients):
    """Use cases of registries. Reading any of them may raise `ConfigurationError`."""

    @once
    def registries(self) -> Registries:
        """`GET /connections/{connection}/registries/{project}/{repository}`."""
        return Registries(
            self._questions, self._readings, self._read_commit, self._following, self.registry_runs, self._times
        )

    @once
    def registry_runs(self) -> Runs:
        """The queue `registry-work`."""
        return Runs(
            questions=self._questions,
            read=self._read_commit,
            following=self._following,
            connections=self.connections,
            organisations=self._organisations,
            service_hooks=self._service_hooks,
            forget=self._forget_registries,
            queue=self.registry_work,
            times=self._times,
        )

    @once
    def _forget_registries(self) -> Forgetting:
        return Forgetting(
            connections=self.connections,
            organisations=self._organisations,
            service_hooks=self._service_hooks,
            readings=self._readings,
            read=self._read_commit,
            following=self._following,
            shelf=self._shelf,
            days=self.settings.keep_registries_days,
        )

    @once
    def _questions(self) -> Questions:
        return Questions(self.connections, self._organisations, self.links)

    @once
    def _read_commit(self) -> ReadCommit:
        return ReadCommit(self._readings, self._shelf, self._times)

    @once
    def _readings(self) -> Readings:
        return Readings(self._registry_rows, self._times)

    @once
    def _following(self) -> Following:
        return Following(self._registry_rows)

    @once
    def _shelf(self) -> Shelf:
        return Shelf(self._account)

    @once
    def _registry_rows(self) -> Table:
        return Table(self._account, "registries")
