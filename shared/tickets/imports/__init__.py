"""Imports: whole reports in, and taken back.

taking         a report → rows, and what the answer says (tally)
assets         what is stored of the assets in it, read once
arrays         JSON arrays of snapshots, read as a stream
comparison     what complete scans do not have any more: gone means fixed
fixing         rows of what is gone, closed as fixed
records        what is remembered of an import
taking_back    an import's untouched work items go to the recycle bin (the lanes do it: tickets/work/withdrawing)
"""
