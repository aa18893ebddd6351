"""One call of every kind that shared/azure_devops can make, found by their return types, so that none is forgotten."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import shared.azure_devops
from shared.azure_devops.organisation import Call
from shared.azure_devops.sources import Version
from shared.azure_devops.work_items import change

_ARGUMENTS: Mapping[str, Any] = {
    "str": "x",
    "int": 1,
    "bool": True,
    "datetime": datetime(2026, 11, 20, tzinfo=UTC),
    "Iterable[int]": (1, 2),
    "Sequence[int]": (1, 2),
    "Sequence[str]": ("x",),
    "tuple[str, ...]": ("vso.work",),
    "bytes": b"x",
    "Version": Version("branch", "main"),
    "Patch": (),
    "Mapping[str, str]": {"tag": "x"},
    "Mapping[str, Any]": {},
    "Sequence[Call[WorkItem]]": (change(1, []), change(2, [])),
}

_BY_NAME = {"authorization_id": "5c8f0c2e-6f5c-4b8e-9d0a-2f8d3f1c7a11"}


def every_call() -> dict[str, Call[Any]]:
    """Return a call for every public function that makes one, by `module.function`."""
    return {name: function(**_arguments(function)) for name, function in _functions()}


def read_types() -> dict[str, Any]:
    """Return the type of what each of these calls reads."""
    return {name: get_args(function.__annotations__["return"])[0] for name, function in _functions()}


def _functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for module in pkgutil.iter_modules(shared.azure_devops.__path__, "shared.azure_devops."):
        for name, function in vars(importlib.import_module(module.name)).items():
            if _makes_a_call(function, module.name) and not name.startswith("_"):
                yield f"{module.name.rpartition('.')[2]}.{name}", function


def _makes_a_call(function: Any, module: str) -> bool:
    if not inspect.isfunction(function) or function.__module__ != module:
        return False
    return _told(function.__annotations__.get("return")).startswith("Call[")


def _arguments(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name: _argument(each) for each in parameters if each.default is inspect.Parameter.empty}


def _argument(parameter: inspect.Parameter) -> Any:
    if parameter.name in _BY_NAME:
        return _BY_NAME[parameter.name]
    kind = _told(parameter.annotation)
    assert kind in _ARGUMENTS, f"say in {__name__} what to give for a {kind}"
    return _ARGUMENTS[kind]


def _told(annotation: Any) -> str:
    """Return an annotation as it is written, without its modules."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    for module in ("collections.abc.", "typing.", "datetime.", "shared.azure_devops.organisation."):
        text = text.replace(module, "")
    return text.rpartition(".")[2] if "[" not in text else text
