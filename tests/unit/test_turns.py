"""A connection that floods works on fewer lanes while others have work, too."""

from contextlib import ExitStack

from shared.tickets.lanes.turns import Turns


class Clock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def begin(stack: ExitStack, turns: Turns, connection: str, lanes: int) -> list[bool]:
    return [stack.enter_context(turns.of(connection)) for _ in range(lanes)]


def test_alone_it_has_all_lanes_for_as_long_as_it_likes() -> None:
    clock = Clock()
    turns = Turns(clock)
    with ExitStack() as stack:
        assert all(begin(stack, turns, "flood", 8))
        clock.now = 600
        assert turns.may_go_on("flood")


def test_beside_others_a_flood_keeps_two_lanes() -> None:
    clock = Clock()
    turns = Turns(clock)
    with ExitStack() as other, ExitStack() as two:
        begin(two, turns, "flood", 2)
        with ExitStack() as six:
            begin(six, turns, "flood", 6)
            begin(other, turns, "other", 1)
            clock.now = 4
            assert turns.may_go_on("flood")
            clock.now = 6
            assert not turns.may_go_on("flood")
        assert turns.may_go_on("flood")
        with turns.of("flood") as is_its_turn:
            assert not is_its_turn


def test_who_comes_new_has_all_lanes_beside_a_flood() -> None:
    clock = Clock()
    turns = Turns(clock)
    with ExitStack() as stack:
        begin(stack, turns, "flood", 8)
        clock.now = 60
        assert all(begin(stack, turns, "other", 8))
        assert not turns.may_go_on("flood")


def test_after_a_break_it_begins_anew() -> None:
    clock = Clock()
    turns = Turns(clock)
    with ExitStack() as other:
        begin(other, turns, "other", 1)
        with ExitStack() as flood:
            begin(flood, turns, "flood", 8)
            clock.now = 60
            assert not turns.may_go_on("flood")
        with ExitStack() as again:
            assert all(begin(again, turns, "flood", 8))
