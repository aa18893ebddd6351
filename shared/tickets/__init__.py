"""Tickets: one vulnerability, or one group of them, tracked by one work item.

The map, in the order in which imports may point (down, never up); each of these says what is in it:

upkeep           what timers start, so that nothing stays forgotten
api, imports, link_changes
                 what is asked of tickets over HTTP; whole reports; what becomes of tickets when links change
intake, work     snapshots in; and out to work items, lane by lane
failed_messages  what was refused, or ended on a poison queue
sarif            reports of scanners, read as a stream
observing        what people did to work items
work_items       where work items are, and whose
item_content     what a work item says
updates          the one writer, and the messages that tell what happened
life             what to do with a ticket, and what it is afterwards (pure)
holds            why no work item is made for a ticket that is open
lanes            who works on what, and when
rows             what is stored, and under which names
vulnerabilities  what the platform says
"""
