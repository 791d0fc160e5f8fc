# SPDX-License-Identifier: Apache-2.0
"""Spans in the JSON form of the OpenTelemetry protocol (OTLP 1.x, ``ExportTraceServiceRequest``).

Any OTLP/HTTP collector takes it at ``/v1/traces``. The ids are derived from the journal, so sending one operation twice
makes no second trace: the trace id is the UUID of the operation, a span id the number of its journal entry.
"""

import uuid
from typing import Any

from ironic_lite.cmd.tracing.spans import Span
from ironic_lite.common import journal as terms
from ironic_lite.version import __version__

_INTERNAL = 1
"""SpanKind of the protocol."""

_OK, _ERROR = 1, 2
"""StatusCode of the protocol; none while the span goes on."""

_BAD = frozenset({terms.FAILED, terms.INTERRUPTED, terms.LOST})


def request(root: Span, operation: str, node: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a request to ``/v1/traces``.

    :param operation: its UUID.
    :param node: ``uuid`` and ``name``, as in the summary of the timeline.
    """
    trace = uuid.UUID(operation).hex
    spans: list[dict[str, Any]] = []
    _add(spans, root, trace, parent=None)
    resource = [
        _attribute("service.name", "ironic-lite"),
        _attribute("service.version", __version__),
        _attribute("host.id", node["uuid"]),
        _attribute("host.name", node["name"]),
    ]
    scope = {"name": "ironic_lite.journal", "version": __version__}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": [one for one in resource if one]},
                "scopeSpans": [{"scope": scope, "spans": spans}],
            }
        ]
    }


def _add(spans: list[dict[str, Any]], span: Span, trace: str, parent: Span | None) -> None:
    document: dict[str, Any] = {
        "traceId": trace,
        "spanId": _span_id(span),
        "name": f"{span.kind} {span.subject}".strip(),
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(span.begin),
        "endTimeUnixNano": _nanoseconds(span.end),
        "attributes": _attributes(span),
        "events": [_event(child) for child in span.children if child.moment],
        "status": _status(span),
    }
    if parent is not None:
        document["parentSpanId"] = _span_id(parent)
    spans.append(document)
    for child in span.children:
        if not child.moment:
            _add(spans, child, trace, span)


def _span_id(span: Span) -> str:
    return f"{span.number:016x}"


def _attributes(span: Span) -> list[dict[str, Any]]:
    values = {
        "ironic.conductor": span.conductor,
        "ironic.request_id": span.request_id,
        "enduser.id": span.user,
        "ironic.outcome": span.outcome,
        "ironic.detail": span.detail,
    }
    return [one for name, value in values.items() if (one := _attribute(name, value))]


def _attribute(name: str, value: str | None) -> dict[str, Any] | None:
    return {"key": name, "value": {"stringValue": value}} if value else None


def _event(moment: Span) -> dict[str, Any]:
    return {
        "timeUnixNano": _nanoseconds(moment.begin),
        "name": f"{moment.kind} {moment.subject}".strip(),
        "attributes": _attributes(moment),
    }


def _status(span: Span) -> dict[str, Any]:
    if span.outcome is None:
        return {}
    if span.outcome not in _BAD:
        return {"code": _OK}
    return {"code": _ERROR, "message": span.detail or span.outcome}


def _nanoseconds(at: Any) -> str:
    """64-bit integers are strings in the JSON form; microseconds are exact."""
    return f"{round(at.timestamp() * 1_000_000)}000"
