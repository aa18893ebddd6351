"""Serves the simulator on one port until it is told to stop."""

import argparse
from pathlib import Path

import uvicorn

from local.simulators.azure_devops import app


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m local.simulators.azure_devops", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="the file that holds everything")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster the clock of resends runs")
    asked = parser.parse_args()
    simulator = app(asked.state, speed=asked.speed)
    uvicorn.run(
        simulator,
        host=asked.host,
        port=asked.port,
        log_level="warning",
        access_log=False,
        # Longer than any client keeps an idle connection, so that none is closed under a request.
        timeout_keep_alive=300,
    )


if __name__ == "__main__":
    main()
