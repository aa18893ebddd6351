"""Checks what comes in against a model, and says what is wrong in words the sender can act on."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import FieldProblem, RejectedRequestError

_MAX_PROBLEMS = 50
_HALF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(body: bytes | str, *, what: str) -> Any:
    """Return the JSON value of a body.

    Raises `RejectedRequestError` (400) that says where it stops being JSON.
    """
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
        value = json.loads(text, parse_constant=_refuse_constant)
        return _well_formed_tree(value) if _HALF_A_PAIR.search(text) else value
    except UnicodeDecodeError as error:
        raise RejectedRequestError(
            f"The {what} is not UTF-8 text (byte {error.start}).", hint="Send JSON encoded as UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RejectedRequestError(f"The {what} is not JSON: {error.msg} at {where}.", hint="Send JSON.") from error
    except (ValueError, RecursionError) as error:
        raise RejectedRequestError(f"The {what} is not JSON that can be read.", hint="Send plain JSON.") from error


class Model(BaseModel):
    """What comes in. Its validator is built at its first use: a cold start needs few of them, and all take 0.15 s.

    Threads may be the first at once: https://github.com/pydantic/pydantic/pull/13438
    """

    model_config = ConfigDict(defer_build=True)


def validated[M: BaseModel](model: type[M], value: Any, *, what: str, at: str = "") -> M:
    """Return `value` as a `model`; `at` is the JSON pointer at which it stood.

    Raises `RejectedRequestError` (422) that names every field that is wrong.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = problems_of(error, at=at)
        first = problems[0]
        raise RejectedRequestError(
            f"The {what} is not valid: {first.field or '/'} {first.message}.",
            hint="Correct the fields named in problems and send it again.",
            problems=problems,
            status=422,
        ) from None  # pydantic's own text repeats what was sent, which may be a secret
    except RecursionError:
        raise RejectedRequestError(f"The {what} is nested too deeply.", hint="Send flat data.", status=422) from None


def problems_of(error: ValidationError, *, at: str = "") -> list[FieldProblem]:
    """Return one problem for each thing pydantic found; never a value that was sent."""
    found = error.errors(include_url=False, include_context=True, include_input=False)
    return [
        FieldProblem(at + "".join(f"/{_escaped(part)}" for part in entry["loc"]), _message(entry))
        for entry in found[:_MAX_PROBLEMS]
    ]


def well_formed(text: str) -> str:
    """Return `text` with "?" for halves of surrogate pairs: legal in JSON, they could be neither stored nor sent."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _well_formed_tree(value: Any) -> Any:
    return json.loads(well_formed(json.dumps(value, ensure_ascii=False)))


def _message(entry: Mapping[str, Any]) -> str:
    text = str(entry["msg"])
    return {
        "missing": "is missing",
        "extra_forbidden": "is not a field that is known here",
        "value_error": text.removeprefix("Value error, "),
    }.get(entry["type"], text[:1].lower() + text[1:])


def _escaped(part: str | int) -> str:
    """https://datatracker.ietf.org/doc/html/rfc6901#section-3"""
    return str(part).replace("~", "~0").replace("/", "~1")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
