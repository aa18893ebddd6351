"""Whatever JSON comes: a reader returns a value of exactly the types that it promises, or raises one of our errors."""

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, Literal, TypeAliasType, TypeVar, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.azure_devops.answers import UNEXPECTED_FORM, Answer
from shared.errors import BridgeError
from tests.contract.calls import every_call, read_types
from tests.contract.right_answers import RIGHT
from tests.thorough import examples

CALLS = every_call()
TYPES = read_types()
HEADERS = {"content-type": "application/json"}
# What reads files instead of JSON is in test_any_answer.py.
READERS = sorted(name for name, kind in TYPES.items() if kind not in (types.NoneType, bytes))
WRONG: tuple[Any, ...] = (None, True, 1.5, -1, "", "x", [], {}, [None], [[]], {"id": None}, {"value": None})
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)
type _Variables = Mapping[Any, Any]


def read(name: str, value: Any) -> Any:
    """Return what a call reads of an answer; raises what `Organisation.do` turns into our errors."""
    call = CALLS[name]
    return call.read(call.judge(Answer(200, HEADERS, json.dumps(value).encode()), changes=call.changes))


def of_type(value: Any, kind: Any, variables: _Variables) -> bool:
    """Whether a value and all that is in it have their types, those of dataclasses' fields included."""
    if isinstance(kind, TypeVar):
        kind = variables[kind]
    if isinstance(kind, TypeAliasType):
        kind = kind.__value__
    origin, inner = get_origin(kind) or kind, get_args(kind)
    if kind is Any:
        return True
    if origin is Literal:
        return value in inner
    if origin is types.UnionType:
        return any(of_type(value, each, variables) for each in inner)
    if is_dataclass(origin):
        return isinstance(value, origin) and _fields_of_type(value, origin, inner)  # type: ignore[arg-type]
    return _plain(value, origin, inner, variables)


def _fields_of_type(value: Any, kind: Any, arguments: tuple[Any, ...]) -> bool:
    variables = dict(zip(getattr(kind, "__type_params__", ()), arguments, strict=True))
    hints = get_type_hints(kind)
    return all(of_type(getattr(value, each.name), hints[each.name], variables) for each in fields(kind))


def _plain(value: Any, origin: Any, inner: tuple[Any, ...], variables: _Variables) -> bool:
    if not isinstance(value, origin) or (origin is int and isinstance(value, bool)):
        return False
    if origin in (tuple, list):
        return all(of_type(each, inner[0], variables) for each in value)
    if isinstance(value, Mapping):
        return all(
            of_type(each, kind, variables) for pair in value.items() for each, kind in zip(pair, inner, strict=True)
        )
    assert origin in (str, int, bool, datetime, types.NoneType) or issubclass(origin, BridgeError), origin
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every place in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, each in inside for found in places(each, (*path, name)))]


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def judge_reader(name: str, value: Any) -> None:
    try:
        found = read(name, value)
    except (BridgeError, *UNEXPECTED_FORM):
        return
    assert of_type(found, TYPES[name], {}), (value, found)


def test_every_reader_has_a_right_answer() -> None:
    assert set(READERS) == set(RIGHT)


@pytest.mark.parametrize("name", READERS)
def test_a_right_answer_is_read_as_what_it_is(name: str) -> None:
    assert of_type(read(name, RIGHT[name]), TYPES[name], {})


@pytest.mark.parametrize("name", READERS)
def test_one_wrong_place_is_refused_or_does_no_harm(name: str) -> None:
    for place in places(RIGHT[name]):
        for wrong in WRONG:
            judge_reader(name, replaced(RIGHT[name], place, wrong))


@given(st.sampled_from(READERS), st.data())
@settings(max_examples=examples(1000), deadline=None)
def test_any_value_in_any_place_is_refused_or_does_no_harm(name: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(places(RIGHT[name])))
    judge_reader(name, replaced(RIGHT[name], place, data.draw(VALUES)))


@pytest.mark.parametrize("name", [name for name in READERS if isinstance(RIGHT[name], dict) and "value" in RIGHT[name]])
@pytest.mark.parametrize("value", [{}, "", None, 0, False])
def test_what_is_no_list_is_not_taken_for_an_empty_one(name: str, value: Any) -> None:
    """Else "there is none" would be believed, and something made a second time."""
    with pytest.raises((BridgeError, *UNEXPECTED_FORM)):
        read(name, {"count": 0, "value": value})
