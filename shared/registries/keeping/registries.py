"""The use case of `GET /connections/{connection}/registries/{project}/{repository}`.

What was read is answered at once; what is small is read while somebody waits; all else is read by the queue, and the
answer says how far that is, or why it failed.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from shared.errors import TransientError
from shared.registries.graph import Registry
from shared.registries.keeping.following import REMEMBERED_WITHIN, Followed, Following
from shared.registries.keeping.making import TooMuchError
from shared.registries.keeping.questions import Asked, Questions
from shared.registries.keeping.reading import Patience, ReadCommit
from shared.registries.keeping.readings import Problem, Reading, Readings, State, TakenOverError
from shared.registries.keeping.runs import Runs
from shared.registries.sources.limits import MEGABYTE, Limits
from shared.times import Times

_WAITED = Patience(20.0, replace(Limits(), archive_bytes=16 * MEGABYTE), most=300)
"""For what a caller waits: an answer must come before Azure's load balancer gives up, after 230 seconds."""


@dataclass(frozen=True, slots=True)
class Question:
    """A commit, and the one with which it is compared, if any."""

    asked: Asked
    against: Asked | None = None

    @property
    def all(self) -> tuple[Asked, ...]:
        """The commits that must be read for it."""
        return (self.asked, self.against) if self.against else (self.asked,)

    def etag(self, form: str) -> str:
        """Return the strong ETag of the answer in one form, known before anything is read."""
        marks = " ".join([*(asked.mark for asked in self.all), form])
        return f'"{sha256(marks.encode()).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Pending:
    """A commit that is not read yet; `problem` is what kept the last attempt from it."""

    asked: Asked
    state: State
    attempts: int
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Registries:
    """Answers questions. Each method raises what Azure DevOps raises."""

    questions: Questions
    readings: Readings
    read: ReadCommit
    following: Following
    runs: Runs
    times: Times

    def question(self, connection: str, project: str, repository: str, ref: str, against: str) -> Question:
        """Return what is asked for; nothing but refs is read for it.

        Raises `NotFoundError` for what is not there, `RejectedRequestError`, `ConflictError`, `RefusedError`.
        """
        asked = self.questions.ask(connection, project, repository, ref)
        return Question(asked, self.questions.against(asked, against) if against else None)

    def answer(self, question: Question) -> list[Registry] | Pending:
        """Return what each commit registers, or which one is not read yet.

        Raises what keeps one from being read, also if a worker met it a while ago.
        """
        self._follow(question.asked)
        found = [self._found(asked) for asked in question.all]
        pending = next((one for one in found if isinstance(one, Pending)), None)
        return pending or [one for one in found if isinstance(one, Registry)]

    def _found(self, asked: Asked) -> Registry | Pending:
        reading = self.readings.find(asked.key)
        registry = self.read.done(reading)
        if reading and registry:
            self._touch(reading)
            return registry
        if reading and reading.state is not State.DONE and not self._is_over(reading):
            return self._waiting(asked, reading)
        if reading is None or reading.state in (State.DONE, State.FAILED):
            return self._at_once(asked) or self._queued(asked)
        return self._queued(asked)

    def _is_over(self, reading: Reading) -> bool:
        """Whether somebody must begin anew: a worker died, its message is lost, or a person mended something."""
        if reading.owner:
            return not self.readings.is_leased(reading)
        known_for = self.times.refusal_remembered if reading.state is State.FAILED else self.times.retry
        return self.readings.age(reading) > timedelta(seconds=known_for)

    def _waiting(self, asked: Asked, reading: Reading) -> Pending:
        if reading.state is State.FAILED and reading.problem:
            raise reading.problem.error()
        return Pending(asked, reading.state, reading.attempts, reading.problem)

    def _at_once(self, asked: Asked) -> Registry | None:
        """Return what is read while the caller waits; None for what takes longer."""
        if not self.runs.room.acquire(blocking=False):
            return None
        try:
            return self.read(asked, _WAITED)
        except (TooMuchError, TakenOverError):
            return None
        finally:
            self.runs.room.release()

    def _queued(self, asked: Asked) -> Pending:
        """Have a commit read by the queue. The row is written first: a message that is lost is sent again."""
        reading = self.readings.find(asked.key) or Reading(asked.key, asked.repository.project)
        if self.readings.is_leased(reading):
            return Pending(asked, reading.state, reading.attempts, reading.problem)
        now = self.readings.now()
        waiting = replace(reading, state=State.WAITING, owner="", asked_at=now)
        with suppress(TakenOverError):  # somebody else asks for it at the same moment
            waiting = self.readings.save(waiting)
            place = asked.repository
            self.runs.ask_to_read(asked.connection.name, place.project, place.id, asked.version.commit)
        return Pending(asked, waiting.state, waiting.attempts, waiting.problem)

    def _touch(self, reading: Reading) -> None:
        now = self.readings.now()
        if now - reading.asked_at > REMEMBERED_WITHIN:
            with suppress(TransientError):
                self.readings.save(replace(reading, asked_at=now))

    def _follow(self, asked: Asked) -> None:
        place, connection = asked.repository, asked.connection
        if not asked.version.ref:
            return
        key = asked.key
        wanted = Followed(key.connection, place.project, place.project_name, key.repository, asked.version.ref)
        if self.following.ask(wanted) and connection.may_write:
            self.runs.ask_to_subscribe(connection.name, place.project, place.id)
