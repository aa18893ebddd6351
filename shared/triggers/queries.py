"""Parameters that more than one address takes."""

from shared.errors import FieldProblem
from shared.links.models import KINDS


def bad_kind(kind: str) -> list[FieldProblem]:
    """Return what is wrong with `?kind=`, if it is given."""
    return [FieldProblem("kind", f"must be one of: {', '.join(KINDS)}")] if kind and kind not in KINDS else []
