"""How soon what was made is found: by a query, in the feed of revisions, by its number."""

from collections.abc import Callable, Sequence

from local.smoke import facts
from local.smoke.creating import BATCH
from local.smoke.run import Place, Run
from shared.azure_devops.batches import Outcome
from shared.azure_devops.revisions import Revision, read_revisions
from shared.azure_devops.work_items import WorkItem, find_created_since, get_many
from shared.errors import UnknownError

NEVER_GIVEN = 2_000_000_000
"""A number that no work item has."""


class Feed:
    """A project's revisions since shortly before the run, read on from where the last reading stopped."""

    def __init__(self, run: Run, place: Place) -> None:
        self._run = run
        self._place = place
        self._token = ""
        self._read: list[Revision] = []

    def has(self, wanted: Callable[[Revision], bool]) -> bool:
        """Read what is new, and tell whether anything so far is what is wanted."""
        last = False
        while not last:
            call = read_revisions(self._place.project.id, self._token, since=self._run.since)
            batch = self._run.organisation.do(call)
            self._read += batch.revisions
            last = batch.last or self._token == batch.continuation
            self._token = batch.continuation
        return any(wanted(revision) for revision in self._read)


def find_by_query(run: Run, place: Place, item: WorkItem, batch: Sequence[Outcome] | None) -> None:
    """Look for the item by our tag, as an unanswered create is looked for; with it, what the batch left is seen."""
    found: list[int] = []

    def look() -> bool:
        found[:] = run.organisation.do(find_created_since(place.project.id, run.mark.tag, run.since))
        return item.id in found

    seconds = run.until("a query for its tag", look)
    run.made |= set(found)
    _settle_time(run, facts.QUERY_SEES, seconds)
    if batch and seconds is not None:
        _judge_batch(run, batch, {number for number in found if number != item.id})


def _judge_batch(run: Run, batch: Sequence[Outcome], left: set[int]) -> None:
    """The good entry came before the item: a query that sees the item sees what the batch made, too."""
    run.unanswered.discard(BATCH)
    good = batch[0]
    said = {good.id} if isinstance(good, WorkItem) else set()
    how = "it was made" if said else "it was undone, or never made"
    run.settle(facts.BATCH_INDEPENDENT, f"beside a refused entry, of the good one it says that {how}", holds=bool(left))
    if not isinstance(good, UnknownError) or not left:
        run.settle(facts.BATCH_TRUE, f"it named {_numbers(said)}, the query finds {_numbers(left)}", holds=said == left)
    else:
        run.settle(facts.BATCH_TRUE, f"it said that all failed, the query finds {_numbers(left)}", holds=False)


def _numbers(found: set[int]) -> str:
    return ", ".join(map(str, sorted(found))) or "none"


def find_in_feed(run: Run, feed: Feed, item: WorkItem) -> None:
    """Look for the item's first revision in the feed."""
    seconds = run.until("the feed of revisions", lambda: feed.has(lambda revision: revision.item == item.id))
    _settle_time(run, facts.FEED_SEES, seconds)


def find_deletion_in_feed(run: Run, feed: Feed, item: WorkItem) -> None:
    """Look for the item's deletion in the feed."""

    def is_deletion(revision: Revision) -> bool:
        return revision.item == item.id and revision.deleted

    seconds = run.until("the feed of revisions, once more", lambda: feed.has(is_deletion))
    _settle_time(run, facts.FEED_DELETED, seconds)


def _settle_time(run: Run, fact: facts.Fact, seconds: float | None) -> None:
    if seconds is None:
        run.settle(fact, f"not within {run.options.patience:.0f} s", holds=False)
    else:
        run.settle(fact, f"after {seconds:.1f} s", holds=True)


def read_by_number(run: Run, item: WorkItem) -> None:
    """Read the item together with a number that does not exist."""
    call = get_many([item.id, NEVER_GIVEN])
    found = run.ask("workitemsbatch: it, and one that is not", call, lambda items: f"got {_numbers(set(items))}")
    run.settle(
        facts.OMITTED,
        f"asked for {item.id} and {NEVER_GIVEN}, got {_numbers(set(found))}",
        holds=set(found) == {item.id},
    )
    links = found[item.id].hyperlinks if item.id in found else ()
    created = found[item.id].fields.get("System.CreatedDate") if item.id in found else None
    evidence = f"hyperlinks: {len(links)}, created {created}"
    run.settle(facts.LINK_READ, evidence, holds=run.mark.link in links and bool(created))


def read_again(run: Run, item: WorkItem) -> WorkItem:
    """Return the item as it is now."""
    call = get_many([item.id])
    found = run.ask("workitemsbatch: it, as it is now", call, lambda items: f"revision {items[item.id].revision}")
    return found[item.id]
