"""Updates: what happened is written once and told once.

journal  the one writer: ticket, work item, history and outbox rows change together
outbox   sends the update messages that were written, in their order
"""
