"""One invocation: call the function, send its outputs, write one log line."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from uuid import uuid4

from azure.core.exceptions import AzureError

from local.host.bindings import Function
from local.host.messages import TypedData
from local.host.outputs import QueueOutputs
from local.host.runtime import Outcome, Runtime

_log = logging.getLogger("host")


class Invoker:
    """Invokes functions of the one app."""

    def __init__(self, runtime: Runtime, outputs: QueueOutputs) -> None:
        self._runtime = runtime
        self._outputs = outputs

    async def invoke(
        self, function: Function, data: TypedData, metadata: Mapping[str, TypedData] | None = None
    ) -> Outcome:
        """Return how it ended. An output that cannot be sent fails the invocation, as in Azure."""
        invocation = str(uuid4())
        started = perf_counter()
        outcome = await self._runtime.invoke(function, invocation, data, metadata or {})
        if not outcome.error:
            outcome = await self._with_outputs(function, outcome)
        milliseconds = (perf_counter() - started) * 1000
        if outcome.error:
            cause = outcome.trace.rstrip() or outcome.error
            _log.error("%s %s %.0f ms failed\n%s", function.name, invocation, milliseconds, cause)
        else:
            _log.info("%s %s %.0f ms ok", function.name, invocation, milliseconds)
        return outcome

    async def _with_outputs(self, function: Function, outcome: Outcome) -> Outcome:
        try:
            await self._outputs.send(function, outcome)
        except (AzureError, UnicodeDecodeError) as error:
            return replace(outcome, error=f"an output could not be sent: {error}")
        return outcome
