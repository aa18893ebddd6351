"""Stand-ins for the protobuf messages that Microsoft's runtime exchanges with a host.

In Azure these are generated from the worker's protocol; the runtime takes whatever module it is handed. Only
what the runtime reads or builds is here: https://github.com/Azure/azure-functions-language-worker-protobuf
"""

from enum import IntEnum
from types import SimpleNamespace
from typing import Any


class Message:
    """Named fields. One that was not set reads as None, as an unset message field is falsy in protobuf."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class TypedData(Message):
    """A value and its kind: exactly one of `string`, `json`, `bytes`, `http`, `int`, `double`."""

    def __getattr__(self, name: str) -> Any:
        # The runtime asks for `.TypedData` and takes the AttributeError as "this is one".
        raise AttributeError(name)

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's own name
        """Return the name of the field that is set."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """One argument of a function, or one of its outputs."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's own name
        """Return `data`, the only way in which this host hands over values."""
        return "data" if "data" in vars(self) else None


class StatusResult(Message):
    """How a request to the runtime ended."""

    Failure, Success, Cancelled = range(3)


class BindingInfo:
    """The kind and direction of one binding; the runtime compares with the numbers of the protocol."""

    undefined, string, binary, stream = range(4)
    out, inout = 1, 2

    def __init__(self, type: str, data_type: int | None = None, direction: int = 0) -> None:  # noqa: A002
        self.type = type
        self.data_type = int(data_type or 0)
        self.direction = int(direction)


# `in` is a keyword, so it cannot be assigned in the class.
setattr(BindingInfo, "in", 0)


class RpcHttpCookie(Message):
    """One cookie of an answer."""

    SameSite = IntEnum("SameSite", [("None", 0), ("Lax", 1), ("Strict", 2), ("ExplicitNone", 3)])


_PLAIN = (
    *("FunctionEnvironmentReloadResponse", "FunctionLoadResponse", "FunctionMetadataResponse"),
    *("InvocationResponse", "NullableBool", "NullableDouble", "NullableString", "NullableTimestamp"),
    *("RpcException", "RpcFunctionMetadata", "RpcHttp", "RpcRetryOptions", "Timestamp"),
    *("WorkerInitResponse", "WorkerMetadata"),
)

_OWN = (TypedData, ParameterBinding, StatusResult, BindingInfo, RpcHttpCookie)
PROTOS = SimpleNamespace(
    **{name: type(name, (Message,), {}) for name in _PLAIN},
    **{kind.__name__: kind for kind in (TypedData, ParameterBinding, StatusResult, BindingInfo, RpcHttpCookie)},
)
"""What the runtime takes for its `protos` module."""
