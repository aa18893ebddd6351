"""Messages that did not become what their sender meant: nothing is ever only in a `-poison` queue.

records    what is kept of one: its reason, its payload, whom it concerns
store      the rows that keep them
fail       keeps one, then tells: an alert, and a message to the sender
resends    how often a message whose host died was sent again, and the last error that is known
poisoned   empties the `-poison` queues: sends again, or fails
send_again what an administrator does: send again, dismiss
"""
