"""Upkeep: what timers start, so that nothing stays forgotten.

rounds        starts the others for each connection, and runs what they put on the queue
sweep         what a dead process forgot
reconcile     the feed of revisions
verification  every work item that has a ticket
doctor        service hooks are mended, and what they lost is read
hook_records  what the doctor remembers
hook_alerts   what a person hears of service hooks
retention     what was kept long enough is forgotten
"""
