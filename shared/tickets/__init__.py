"""Tickets: one vulnerability, or one group of them, tracked by one work item.

In     snapshots (what is taken), sarif and arrays (reports), requests (the queue), submit (one, or a whole report),
       arrivals (which of two is newer), accept (rows and a wake-up)
Rows   keys (their names), records (what a ticket's holds), pending, leases, journal (their one writer)
Work   work (one lane, round by round), lane (what its parts share), plan (what to do; pure), transitions (what a
       ticket is afterwards; pure), creating, changing, resolving (attempts without a result) with look_ups, healing
       (two items with one ticket), adoption (items that the tables do not know), categories (states of types),
       presence (there, deleted, unknown)
Item   work_item_fields (all that it should have), content and standard_text (what it says), members (what several
       vulnerabilities say together, without secrets), files (what hangs on it), attaching (their upload), extras (what
       it is made without if refused), refused and notices (what need not be asked or told again), type_fields (which
       fields a type has)
Back   hook_events (payloads; pure), observe, claims (whose an unknown item is), reconcile (the feed of revisions),
       verification (every item); doctor (service hooks: mended, and what they lost), hearing (whether they tell
       anything), hook_records (what is remembered of them), hook_alerts (what a person hears of them)
Out    outbox (update messages), views (what anyone sees), reading and retry (the API)
Links  preview (the item to be), moving (what becomes of tickets), belongings (all of an asset's), letting_go (what
       is detached), departures (links and connections that are deleted)
Care   health (paused or not, and why), wake_ups, sweep (what was forgotten), rounds (what timers start),
       failed_messages (what was refused, or ended on a poison queue)
"""
