"""One trace from the platform's request through queues and rows to Azure DevOps and back; its id correlates all of it.

Where a trace is to go on in another process, its `traceparent` stands in the message or row that leads there.
https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPERTY = "traceparent"
"""Of messages, rows and headers."""
_TOLD = re.compile(rb',?\s{0,8}"traceparent"\s{0,8}:\s{0,8}"([0-9a-f-]{55})"')
_TRACE_BITS, _SPAN_BITS = 128, 64
_tracer = trace.get_tracer("azure-devops-bridge")
_propagator = TraceContextTextMapPropagator()


@contextmanager
def entered(name: str, sent_with: object, kind: SpanKind) -> Iterator[None]:
    """Go on with the trace that `sent_with` leads into; without one, with the host's, or with a new one."""
    before = trace.get_current_span().get_span_context()
    parent = _extracted(sent_with)
    if parent and trace.get_current_span(parent).get_span_context().trace_id == before.trace_id:
        parent = None  # the host goes on with it already
    links = [Link(before)] if parent and before.is_valid else []
    span = _started(name, parent, kind, links)
    with (
        trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False),
        _failing_without_words(span),
    ):
        yield


@contextmanager
def step(name: str, attributes: Mapping[str, str | int]) -> Iterator[None]:
    """Make what another service is asked meanwhile a part of the trace."""
    with (
        _tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span,
        _failing_without_words(span),
    ):
        yield


@contextmanager
def _failing_without_words(span: Span) -> Iterator[None]:
    """Let an error be a span's status by its kind only: its text may quote what somebody answered."""
    try:
        yield
    except Exception as error:
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise


def note(name: str, cause: str, attributes: Mapping[str, str | int]) -> None:
    """Put a moment into the trace of whoever caused it, linked to the work of many in which it came about."""
    parent = _extracted(cause)
    here = trace.get_current_span().get_span_context()
    links = [Link(here)] if parent and here.is_valid else []
    _tracer.start_span(name, parent, kind=SpanKind.INTERNAL, attributes=attributes, links=links).end()


def told_in(message: bytes) -> str:
    """Return the `traceparent` that a message brings, empty if none; the message may be no JSON at all."""
    found = _TOLD.search(message)
    return found[1].decode() if found else ""


def untraced(message: bytes) -> bytes:
    """Return a message without its trace: what tells whether two of them say the same."""
    return _TOLD.sub(b"", message)


def traceparent() -> str:
    """Return what leads another process into the current trace; empty outside of any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(PROPERTY, "")


def correlation_id(cause: str = "") -> str:
    """Return the id of the trace that `cause` leads into, or else of the current one; empty outside of any."""
    context = trace.get_current_span(_extracted(cause)).get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def _extracted(sent_with: object) -> Context | None:
    if not isinstance(sent_with, str) or not sent_with:
        return None
    context = _propagator.extract({PROPERTY: sent_with}, Context())
    return context if trace.get_current_span(context).get_span_context().is_valid else None


def _started(name: str, parent: Context | None, kind: SpanKind, links: list[Link]) -> Span:
    span = _tracer.start_span(name, parent, kind=kind, links=links)
    if span.get_span_context().is_valid:
        return span
    # Nobody collects, and there is no trace yet: without one, nothing would correlate.
    fresh = SpanContext(
        secrets.randbits(_TRACE_BITS) or 1, secrets.randbits(_SPAN_BITS) or 1, is_remote=False, trace_flags=TraceFlags()
    )
    return NonRecordingSpan(fresh)
