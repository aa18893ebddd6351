"""Types of values in answers that say more than the value's own type does: the API's description shows it."""

from typing import Annotated

from pydantic import WithJsonSchema

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A point in time as RFC 3339 writes it."""
