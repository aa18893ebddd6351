"""Tickets: one vulnerability, or one group of them, tracked by one work item.

In     snapshots (what is taken), requests (the queue), submit (one), arrivals (which of two is newer), origins (whose
       it is), accept (rows and a wake-up)
Reports  sarif and arrays (read as a stream), scans (what they are to an import), imports (taken in, compared with what
       is stored, taken back)
Rows   keys (their names), records (what is known of a ticket), ticket_rows (its properties), pending,
       leases, journal (their one writer)
Work   work (one lane, round by round), lane (what its parts share), plan (what to do; pure), transitions and
       patches (what a ticket is afterwards; pure), creating, changing, linking (items that were there before),
       unlinking, rivals (whose an item is already), resolving (attempts without a result) with look_ups, healing
       (two items with one ticket), withdrawing (imports that are taken back), adoption (items that the tables do not
       know), categories (states of types), moves (to which state; pure), remarks (what is said with it; pure), attempts
       (their names), presence (there, deleted, unknown), turns (room for the others)
Group  grouping (which vulnerabilities share a ticket), members (its snapshots), together (what they say together),
       regrouping (after a link groups otherwise)
Item   work_item_fields (all that it should have), content and standard_text (what it says), files (what hangs on it),
       attaching (their upload), extras (what it is made without if refused), refused and notices (what need not be
       asked or told again), type_fields (which fields a type has)
Back   hook_events (payloads; pure), observe, comments (which were told; pure), overheard (those that no hook told),
       claims (whose an unknown item is), reconcile (the feed of revisions), verification (every item); doctor (service
       hooks: mended, and what they lost), hearing (whether they tell anything), hook_records (what is remembered of
       them), hook_alerts (what a person hears of them)
Out    outbox (update messages), views (what anyone sees), reading, retry and by_hand (the API)
Links  preview (the item to be), moving (what becomes of tickets), belongings (all of an asset's), letting_go (what
       is detached), departures (links and connections that are deleted)
Care   health (paused or not, and why), wake_ups, sweep (what was forgotten), rounds (what timers start),
       failed_messages (what was refused, or ended on a poison queue), retention (what is forgotten)
"""
