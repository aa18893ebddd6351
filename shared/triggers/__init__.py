"""The edge: HTTP, queue and timer functions. Each translates, calls one use case, and answers."""
