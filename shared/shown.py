"""Types of values in answers that say more than the value's own type does: the API's description shows it."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import WithJsonSchema

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A point in time as RFC 3339 writes it."""


def moment(at: datetime) -> str:
    """Return a point in time as answers have it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
