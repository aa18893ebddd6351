"""Vulnerabilities: what the platform says of them.

snapshots  one vulnerability as it is now: what is taken, and what is refused
scans      a report as an import takes it: its scans, and what each of them found
files      what hangs on its work item
together   several as one: which of them count, how bad it is, until when
origins    whose one is: the scans that still have it, the import that made it
"""
