"""Rows: what is stored of tickets, and under which names. Nothing here decides.

keys         the names of all rows
records      what is known of a ticket, and the status that follows from it
ticket_rows  a ticket's row, to and fro
arrivals     a snapshot's row, and which of two snapshots is newer
members      which vulnerabilities a ticket has
"""
