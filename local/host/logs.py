"""Where the host's and the app's log lines go: to stderr, from the level of host.json upwards."""

import logging
import sys
from collections.abc import Mapping

QUIET = "HOST_QUIET"
_NONE = 60


def configure(level: int, settings: Mapping[str, str]) -> None:
    """Send all logging to stderr. With HOST_QUIET=1 only warnings and errors, whatever host.json says."""
    quiet = settings.get(QUIET, "").lower() in ("1", "true", "yes")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=max(level, logging.WARNING) if quiet else level, handlers=[handler], force=True)
    if level >= _NONE:
        logging.disable(logging.CRITICAL)
    # The Azure SDKs tell every request at INFO, Microsoft's runtime every invocation once more.
    for name in ("azure", "urllib3", "uvicorn"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
