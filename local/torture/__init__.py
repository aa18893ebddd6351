"""A run that keeps a ledger: `python -m local.torture --seed 7 --duration 600` (`make torture`).

It drives the bridge through real processes, breaks whatever can break meanwhile, lets everything drain, and compares
what was sent and what people did with what is there at the end.

options     what a run is asked for
plan        what is sent and what people do, from the seed alone (pure); versions: what a snapshot says
ledger      what was sent, and what people did, as it happened
machine     the processes, and what is set up in them; clients: how they are talked to; skew: clocks that are wrong
traffic     sends snapshots          people      act on cards            updates     collects what is told
chaos       faults, batch modes, hooks, storage restarts      kills      and which of them hit      messages     copies
settling    waits until nothing is under way any more         finding    reads what is there at the end
comparison  says what differs (pure)
record      the log of a run, for a replay                    parts, run   all of it, in order       report      figures
"""
