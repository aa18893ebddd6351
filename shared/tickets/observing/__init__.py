"""Observing: what people did to work items comes back to their tickets.

hook_events  payloads of service hooks, read (pure)
observe      one event → the ticket
overheard    comments that no hook told
hearing      whether hooks tell anything
"""
