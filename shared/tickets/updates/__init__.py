"""Updates: what happened is written once and told once.

journal   the one writer: ticket, work item, history and outbox rows change together
messages  what is told of a change, as a text that a queue and a row take (pure)
outbox    sends the update messages that were written, in their order
"""
