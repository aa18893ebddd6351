"""Drives `azure-functions-runtime`: index an app, invoke its functions.

The runtime keeps one app in module globals, so a process has one `Runtime` and starts it once.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime

from local.host.bindings import Function
from local.host.messages import PROTOS, ParameterBinding, StatusResult, TypedData
from local.host.refusal import StartRefusedError

# Microsoft ships no type hints.
_microsoft: Any = azure_functions_runtime

SCRIPT = "function_app.py"
THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"
DEFAULT_THREADS = "32"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one invocation ended. `error` is empty when it succeeded; `trace` is the app's own stack trace."""

    error: str = ""
    trace: str = ""
    returned: TypedData | None = None
    outputs: Mapping[str, TypedData] = field(default_factory=dict)


class Runtime:
    """Microsoft's Python runtime with the app of one folder."""

    async def load(self, app: Path) -> Sequence[Any]:
        """Import the app in `app` and return what it declares: one metadata message for each function.

        Changes into the folder, as Azure does. Raises `StartRefusedError` with the runtime's own reason.
        """
        sys.path.insert(0, str(app))
        os.chdir(app)
        os.environ.setdefault(THREADS_SETTING, DEFAULT_THREADS)
        _microsoft.start_threadpool_executor()
        with _without_its_log():
            initialised = await _microsoft.worker_init_request(
                _request(worker_init_request={"capabilities": {}, "function_app_directory": str(app)})
            )
        if initialised.result.status != StatusResult.Success:
            raise StartRefusedError([_indexing_problem(app, initialised.result.exception)])
        answer = await _microsoft.functions_metadata_request(
            _request(functions_metadata_request={"function_app_directory": str(app)})
        )
        functions = answer.function_metadata_results or []
        if not functions:
            raise StartRefusedError([_nothing_found(app)])
        for function in functions:
            await _microsoft.function_load_request(
                _request(function_load_request={"function_id": function.function_id})
            )
        return list(functions)

    async def invoke(
        self, function: Function, invocation: str, data: TypedData, metadata: Mapping[str, TypedData]
    ) -> Outcome:
        """Call `function` with `data` as its trigger; never raises for what the app does."""
        request = {
            "invocation_id": invocation,
            "function_id": function.id,
            "input_data": [ParameterBinding(name=function.trigger.argument, data=data)],
            "trigger_metadata": metadata,
            "trace_context": SimpleNamespace(trace_parent="", trace_state="", attributes={}),
            "retry_context": SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        }
        try:
            response = await _microsoft.invocation_request(_request(invocation_request=request))
        except SystemExit as exit_:
            # `sys.exit` in a function must not end the host and everybody else's work with it.
            return Outcome(error=f"SystemExit: {exit_}")
        if response.result.status != StatusResult.Success:
            failure = response.result.exception
            return Outcome(error=failure.message, trace=failure.stack_trace or "")
        outputs = {binding.name: binding.data for binding in response.output_data or []}
        return Outcome(returned=response.return_value, outputs=outputs)


@contextmanager
def _without_its_log() -> Iterator[None]:
    """The runtime logs why an app cannot be indexed, and answers it too; once is enough."""
    logger = logging.getLogger("azure.functions")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _request(**body: Mapping[str, Any]) -> SimpleNamespace:
    request = SimpleNamespace(**{name: SimpleNamespace(**fields) for name, fields in body.items()})
    return SimpleNamespace(request=request, properties={"host": "127.0.0.1", "protos": PROTOS})


def _indexing_problem(app: Path, failure: Any) -> str:
    """Return the runtime's reason with the app's own line of the trace; the others explain nothing."""
    own = [line.strip() for line in (failure.stack_trace or "").splitlines() if f'"{app}' in line]
    where = f" ({own[-1]})" if own else ""
    # The runtime appends its whole sys.path to an import error.
    return f"{SCRIPT}: {failure.message.split('. Cannot find module')[0]}{where}"


def _nothing_found(app: Path) -> str:
    if not (app / SCRIPT).is_file():
        return f"{SCRIPT} does not exist in {app}: create it with `app = func.FunctionApp()`"
    return (
        f"{SCRIPT} declares no function: decorate functions with `@app.route`, `@app.queue_trigger` or "
        "`@app.timer_trigger`, and register every blueprint with `app.register_functions(blueprint)`"
    )
