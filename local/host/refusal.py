"""Refusing to start: all problems at once, each with what to do."""

from collections.abc import Sequence


class StartRefusedError(Exception):
    """The app cannot be started. `problems` has one line for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)

    def report(self) -> str:
        """Return what to print: a heading and one line for each problem."""
        return "\n".join(["The functions were not started:", *(f"  - {problem}" for problem in self.problems)])
