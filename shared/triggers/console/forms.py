"""The fields of a form that a browser sends."""

from urllib.parse import parse_qsl

import azure.functions as func

from shared.errors import RejectedRequestError
from shared.triggers.answers import body_of

_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 500


def read_form(req: func.HttpRequest) -> dict[str, str]:
    """Return the fields of a form, empty ones as well; of a body that is no form, none.

    Raises `RejectedRequestError` for what no browser sends.
    """
    if not req.headers.get("Content-Type", "").startswith(_TYPE):
        return {}
    try:
        pairs = parse_qsl(
            body_of(req).decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise RejectedRequestError("The form cannot be read.", hint="Send it again from its page.") from error
    return dict(pairs)
