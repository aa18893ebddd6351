"""How the simulator writes times.

Stored times always have three decimals, so that text order is time order; answers drop trailing zeros as .NET does.
"""

from datetime import UTC, datetime

FAR_FUTURE = "9999-01-01T00:00:00Z"


def now() -> str:
    """Return the present as it is stored: `2026-11-20T10:00:00.120Z`."""
    return stored(datetime.now(UTC))


def stored(moment: datetime) -> str:
    """Return an aware datetime as it is stored."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(text: str) -> str:
    """Return a stored time as the service shows it: `2026-11-20T10:00:00.12Z`."""
    return text[:-1].rstrip("0").rstrip(".") + "Z" if "." in text else text


def parsed(text: str) -> datetime:
    """Return the time that `text` means; without an offset it is UTC. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
