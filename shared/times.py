"""Every duration of the protocols, in seconds, and the one place that scales them.

Real durations are minutes, because a request to Azure DevOps may take 100 s and still be carried out. Tests and
one machine set TIME_SCALE below 1 and everything shrinks in proportion, so that its order is kept:

    lease taken      sending ends    last answer        lease ends     first look-up    second look-up
        |---- send_window ---|--- request ---|--- margin ---|------------|-- look_ups_apart --|
        0                   60             160            300           300+               360+
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Times:
    """Durations in seconds."""

    lease: float = 300.0
    """How long a worker owns a lane after its last write to the lane's row."""
    send_window: float = 60.0
    """How long after that write it may still start a request that changes something."""
    request: float = 100.0
    """The longest a request to Azure DevOps may take, from connecting to the last byte."""
    look_ups_apart: float = 60.0
    """Between the two look-ups that together prove that an attempt left nothing behind."""
    created_before: float = 900.0
    """How much earlier than the attempt Azure DevOps' clock may say an item was created."""
    refusal_remembered: float = 300.0
    """How long a refusal for a project and type is taken as the answer for all."""
    wake_up_spacing: float = 1.0
    """At most two wake-ups per lane are sent in this time (the queue counts in whole seconds)."""
    unknown_item_recheck: float = 30.0
    """How long an event for an item that we do not know waits at first; after a lease it is looked at for good."""
    retry: float = 30.0
    """How long a ticket waits after a passing fault; twice as long after each further one, up to 64 times."""
    overdue: float = 900.0
    """How long a ticket may be due until a person is told: what a dead host held goes on after half of it."""
    held: float = 3600.0
    """How long a ticket of a disabled link waits before the link is looked at again."""
    severities_apart: float = 600.0
    """Between the moments at which tickets of one severity and of the next become due when a new day has shares."""
    switch_known: float = 5.0
    """How long a worker goes by what it last read of the switch that stops creation."""
    connection_known: float = 5.0
    """How long events are judged by what was last read of their connection."""
    feed_start: float = 86_400.0
    """How far back a project's feed of revisions is read for the first time."""
    hearing: float = 600.0
    """How exactly it is known when a service hook last told something: one row is written in this time."""
    planning: float = 20.0
    """How long a round of a lane reads rows, and then how long it writes texts, before it carries out what it has."""
    drain: float = 30.0
    """How long a worker keeps a lane before it queues behind the others, so that a flood delays nobody else."""
    turn: float = 2.0
    """How long a lane of a connection that floods waits while others have work."""
    proved_within: float = 60.0
    """How long a new personal access token may take until Azure DevOps accepts it."""
    reading: float = 480.0
    """How long a repository may be read: less than a function may run."""
    counts_fresh: float = 600.0
    """How old the counts of tickets may be for whoever looks at them."""
    resends_remembered: float = 86_400.0
    """How long it is remembered that a message whose host died was sent again."""

    @classmethod
    def scaled(cls, scale: float) -> "Times":
        """Return all durations times `scale`; only what a queue counts in whole seconds stays."""
        whole = {"wake_up_spacing"}
        return cls(
            **{f.name: f.default * (1.0 if f.name in whole else scale) for f in fields(cls)}  # type: ignore[operator]
        )
