"""Lanes: who works on what, and when.

pending   what needs work, and when it is due
leases    who works on a lane: one at a time
wake_ups  messages that make somebody look
health    whether a connection is paused, and why
turns     room for the other connections
"""
