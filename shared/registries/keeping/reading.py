"""One commit read by one worker, whoever else wants it. A worker that dies leaves a lease, and the next one goes on."""

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

from shared.errors import BridgeError, RefusedError, ThrottledError, TransientError
from shared.registries.graph import Registry
from shared.registries.keeping.kept import Kept
from shared.registries.keeping.making import Making, TooMuchError
from shared.registries.keeping.questions import Asked
from shared.registries.keeping.readings import Key, Problem, Reading, Readings, State, TakenOverError
from shared.registries.keeping.shelf import Shelf
from shared.registries.sources.contents import Source
from shared.registries.sources.limits import Limits
from shared.times import Times

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 5
_MOST_KEPT = 20
"""Commits of one repository; the ones that were asked for last."""
_DIED = Problem(
    "Reading the repository ended again and again without a result.",
    "It may be too large for the memory of the functions; their log may say more.",
)
_DEFECT = "Something unexpected went wrong here; it was logged."


class TooSlowError(RefusedError):
    """Reading takes longer than anybody waits for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long, and how many files, somebody waits. `most` None: whatever their number; nobody is after it."""

    seconds: float
    limits: Limits
    most: int | None = None

    def over(self) -> BridgeError:
        """Return what is raised when time is over."""
        if self.most is not None:
            return TooMuchError("Reading the repository takes a while.")
        message = f"Reading the repository took longer than {self.seconds:.0f} seconds."
        return TooSlowError(message, hint="Name fewer kinds of files in its conventions, or split it.")


@dataclass(slots=True)
class _Watch:
    """Keeps a lease while a commit is read, and ends what takes too long."""

    readings: Readings
    reading: Reading
    end: float
    patience: Patience
    written: float = field(default_factory=time.monotonic)

    def pace(self) -> None:
        """Raise `TooMuchError` or `TooSlowError` when time is over, and `TakenOverError` for a lease that was lost."""
        now = time.monotonic()
        if now > self.end:
            raise self.patience.over()
        if now - self.written > self.readings.times.lease / 4:
            self.reading, self.written = self.readings.save(self.reading), now


@dataclass(frozen=True, slots=True)
class ReadCommit:
    """Reads a commit unless that was done, or is being done."""

    readings: Readings
    shelf: Shelf
    times: Times

    def done(self, reading: Reading | None) -> Registry | None:
        """Return what a reading made, if it is there."""
        return self.shelf.registry(reading.key) if reading and reading.state is State.DONE else None

    def __call__(self, asked: Asked, patience: Patience) -> Registry | None:
        """Return what a commit registers, None while somebody else reads it.

        Raises what keeps it from being read, which its row then says: `TooMuchError` and `TooSlowError` for what is
        more than `patience`, and what Azure DevOps raises.
        """
        reading = self.readings.find(asked.key) or Reading(
            asked.key, asked.repository.project, asked_at=self.readings.now()
        )
        registry = self.done(reading)
        if registry:
            return registry
        if reading.attempts >= MOST_ATTEMPTS and not self.readings.is_leased(reading):
            self.readings.save(replace(reading, state=State.FAILED, owner="", attempts=0, problem=_DIED))
            raise _DIED.error()
        taken = self.readings.take(reading)
        return self._read(asked, reading, taken, patience) if taken else None

    def _read(self, asked: Asked, before: Reading, taken: Reading, patience: Patience) -> Registry | None:
        watch = _Watch(self.readings, taken, time.monotonic() + patience.seconds, patience)
        place = asked.repository
        source = Source(asked.organisation, place.project, place.id, asked.version.commit, patience.limits, watch.pace)
        try:
            kept, registry = Making(source, asked.given, patience.most)(lambda: self._earlier(before))
            self.shelf.put(asked.key, kept, registry)
            self.readings.save(replace(watch.reading, state=State.DONE, owner="", attempts=0, problem=None))
        except TakenOverError:
            return None
        except BridgeError as error:
            self._ended(watch.reading, error)
            raise
        except Exception:
            self._ended(watch.reading, TransientError(_DEFECT))
            raise
        with suppress(TransientError):  # what is too many now is too many the next time
            self._clear(asked.key)
        return registry

    def _earlier(self, before: Reading) -> Kept | None:
        """Return what is known already: of this commit, of which only the registry is lost, or of another."""
        own = self.shelf.summaries(before.key) if before.state is State.DONE else None
        return own or self._latest(before.key)

    def _latest(self, key: Key) -> Kept | None:
        """Return what was read last of a repository by the same conventions: most of it is the same."""
        others = (one for one in self.readings.of(key.connection, key.repository) if one.key.basis == key.basis)
        done = [one for one in others if one.state is State.DONE]
        newest = max(done, key=lambda one: one.written_at, default=None)
        return self.shelf.summaries(newest.key) if newest else None

    def _ended(self, reading: Reading, error: BridgeError) -> None:
        """Write down why a commit was not read, for whoever asks."""
        try:
            self.readings.save(replace(_after(reading, error), owner=""))
        except TransientError as other:
            log.warning("the end of a reading is not written down", extra={"why": other.message})

    def _clear(self, key: Key) -> None:
        """Forget the commits of a repository that nobody asked for lately, beyond as many as are kept."""
        others = [one for one in self.readings.of(key.connection, key.repository) if one.key != key and not one.owner]
        others.sort(key=lambda one: one.asked_at, reverse=True)
        for one in others[_MOST_KEPT - 1 :]:
            self.forget(one)

    def forget(self, reading: Reading) -> None:
        """Remove what a reading made, then its row; one that somebody reads again meanwhile has its row."""
        self.shelf.remove(reading.key)
        with suppress(TakenOverError):
            self.readings.remove(reading)


def _after(reading: Reading, error: BridgeError) -> Reading:
    """Return what becomes of a reading that failed: it waits for the next attempt, or a person must act."""
    problem = Problem.of(error)
    match error:
        case TooMuchError():
            return replace(reading, state=State.WAITING, attempts=reading.attempts - 1, problem=None)
        case ThrottledError():
            return replace(reading, state=State.WAITING, attempts=reading.attempts - 1, problem=problem)
        case TransientError() if reading.attempts < MOST_ATTEMPTS:
            return replace(reading, state=State.WAITING, problem=problem)
        case _:
            return replace(reading, state=State.FAILED, attempts=0, problem=problem)
