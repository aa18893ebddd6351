"""Deletion and restoration: what becomes of the revision, the hyperlink, and who may still see the item."""

from local.smoke import facts
from local.smoke.run import Place, Run
from shared.azure_devops.work_items import WorkItem, delete, get_deleted, get_many, recycle_bin, restore
from shared.tickets.work_items.look_ups import look


def delete_it(run: Run, item: WorkItem) -> None:
    """Move the item to the recycle bin."""
    run.ask("its deletion", delete(item.id), lambda _: "done")
    found = run.ask("workitemsbatch: it", get_many([item.id]), lambda items: f"found {len(items)}")
    run.settle(facts.DELETED_OMITTED, f"found {len(found)}", holds=not found)


def look_into_bin(run: Run, place: Place, item: WorkItem) -> int:
    """Look for the item in the recycle bin, as an unanswered create is looked for; returns its revision there."""
    listed = run.ask("the recycle bin", recycle_bin(place.project.id), lambda ids: f"entries: {len(ids)}")
    run.settle(facts.BIN_LISTED, f"entries: {len(listed)}", holds=item.id in listed)
    entry = run.ask("its entry there", get_deleted(place.project.id, item.id), lambda found: found.title)
    inside = entry.item
    created = inside.fields.get("System.CreatedDate") if inside else None
    run.settle(facts.BIN_FIELDS, f"created {created}" if inside else "no fields", holds=bool(created))
    if inside is None:
        return 0
    evidence = f"{item.revision} → {inside.revision}"
    run.settle(facts.DELETE_REVISION, evidence, holds=inside.revision == item.revision + 1)
    run.until("its ticket, in the bin", lambda: _is_found(run, place, item, len(inside.hyperlinks)))
    return inside.revision


def _is_found(run: Run, place: Place, item: WorkItem, links: int) -> bool:
    """The bridge's own look-up, once: whether it knows the deleted item for the ticket's."""
    ticket = run.mark.ticket
    found = look(run.organisation, place.project.id, run.mark.tag, run.since, {ticket}).get(ticket, [])
    holds = [(one.item.id, one.deleted) for one in found] == [(item.id, True)]
    how = "by its hyperlink" if links else "by its text, since the entry has no hyperlink"
    run.settle(facts.BIN_MARK, how if holds else "neither by a hyperlink nor by its text", holds=holds)
    return True


def restore_it(run: Run, place: Place, item: WorkItem, deleted_revision: int) -> None:
    """Take the item out of the recycle bin and read it."""
    run.ask("its restoration", restore(place.project.id, item.id), lambda _: "done")
    found = run.ask("workitemsbatch: it, restored", get_many([item.id]), lambda items: f"found {len(items)}")
    there = found.get(item.id)
    links = there.hyperlinks if there else ()
    run.settle(facts.RESTORE_LINK, f"hyperlinks: {len(links)}", holds=run.mark.link in links)
    if there and deleted_revision:
        evidence = f"{deleted_revision} → {there.revision}"
        run.settle(facts.RESTORE_REVISION, evidence, holds=there.revision == deleted_revision + 1)
