"""Tickets: one vulnerability, or one group of them, tracked by one work item.

snapshots   what comes in                       sarif    … from a scanner's report
keys        names of rows and tickets           records  what a ticket's rows hold
accept      a snapshot → its row and a pending row, then a wake-up (wake_ups)
work        one lane: plan → stamp attempts → send → record, under a lease (leases)
plan        desired × observed → create, read, patch or nothing; pure
content     what a work item says
look_ups    whether an attempt without an answer left a work item behind
journal     the one writer of ticket, history and outbox rows
observe     service hook events → what was observed
outbox      history → messages on ticket-updates
sweep       finds what was forgotten by a process that died
views       what the API shows
"""
