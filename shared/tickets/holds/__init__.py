"""Holds: why no work item is made for a ticket that is open.

filtering  what a link's filter leaves out
switch     a person stopped creation everywhere
shares     how many are made in a day
release    what was held back is planned again
"""
