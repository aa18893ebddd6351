"""What the command line says."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PORT = 7071


@dataclass(frozen=True, slots=True)
class Options:
    """Absolute paths, because the host changes into the app's folder as Azure does."""

    app: Path
    port: int = DEFAULT_PORT
    settings: Path | None = None
    keys: Path | None = None
    state: Path | None = None

    @classmethod
    def parse(cls, arguments: Sequence[str] | None = None) -> "Options":
        """Return the options in `arguments` (default: the process's own); exits with 2 if they are wrong."""
        given = _parser().parse_args(arguments)
        return cls(
            app=given.app.resolve(),
            port=given.port,
            settings=_resolved(given.settings),
            keys=_resolved(given.keys),
            state=_resolved(given.state),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.host", description="Run a function app on this machine.")
    parser.add_argument("--app", type=Path, required=True, help="folder with host.json and function_app.py")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--settings", type=Path, help="local.settings.json; the environment wins over it")
    parser.add_argument("--keys", type=Path, help="host and function keys; without it no key is asked for")
    parser.add_argument("--state", type=Path, help="where timers remember their last run")
    return parser


def _resolved(path: Path | None) -> Path | None:
    return path.resolve() if path else None
