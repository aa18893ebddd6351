"""Intake: snapshots come in, one by one.

requests   one message of the queue
submit     one snapshot → its link, its ticket
grouping   which vulnerabilities share a ticket
accept     rows and a wake-up
gathering  what comes at the same moment is written together
"""
