"""Where the host's and the app's log lines go: to stderr, from the level of host.json upwards."""

import logging
import sys
from collections.abc import Mapping
from typing import override

QUIET = "HOST_QUIET"
_NONE = 60
_OF_EVERY_LINE = {*vars(logging.makeLogRecord({})), "message", "asctime"}


class _Structured(logging.Formatter):
    """Shows what a line was given as `extra`, as Application Insights keeps it beside the message."""

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line with it."""
        extra = [f"{name}={value!r}" for name, value in vars(record).items() if name not in _OF_EVERY_LINE]
        return " ".join([super().formatMessage(record), *extra])


def configure(level: int, settings: Mapping[str, str]) -> None:
    """Send all logging to stderr. With HOST_QUIET=1 only warnings and errors, whatever host.json says."""
    quiet = settings.get(QUIET, "").lower() in ("1", "true", "yes")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Structured("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=max(level, logging.WARNING) if quiet else level, handlers=[handler], force=True)
    if level >= _NONE:
        logging.disable(logging.CRITICAL)
    # The Azure SDKs tell every request at INFO, Microsoft's runtime every invocation once more.
    for name in ("azure", "urllib3", "uvicorn"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
