# SPDX-License-Identifier: Apache-2.0
"""Spans of an operation, built from its node's journal, drawn, and in the form of the OpenTelemetry protocol."""

import datetime
import json
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from ironic_lite.cmd.tracing import otlp, spans, waterfall

_START = datetime.datetime(2026, 12, 1, 2, 5, tzinfo=datetime.UTC)
_OPERATION = "739b8eda-dccf-4f27-a7e6-a804e0c05bf7"
_NODE = {"uuid": "9672c88c-bd15-4d2c-afd2-ca55a401de25", "name": "n0"}


def _journal(*lines: str, operation: str | None = _OPERATION) -> list[dict[str, Any]]:
    """Entries from lines of "SECONDS KIND SUBJECT OUTCOME"; "_" in a subject is a space."""
    entries = []
    for number, line in enumerate(lines, start=1):
        seconds, kind, subject, outcome = line.split()
        at = _START + datetime.timedelta(seconds=float(seconds))
        entries.append(
            {
                "id": number,
                "created_at": at.isoformat(),
                "operation": None if kind == "boot" else operation,
                "kind": kind,
                "subject": subject.replace("_", " "),
                "outcome": outcome,
                "detail": None,
                "conductor": "c1",
                "request_id": "req-1",
                "user": "alice",
            }
        )
    return entries


def _tree(root: spans.Span) -> list[tuple[int, str, float, str | None]]:
    return [(depth, s.subject, s.seconds, s.outcome) for depth, s in root.walk()]


def _at(seconds: float) -> datetime.datetime:
    return _START + datetime.timedelta(seconds=seconds)


DEPLOYMENT = _journal(
    "0 operation deployment started",
    "0 phase preparation started",
    "0 state deploying entered",
    "1 phase preparation done",
    "1 step deploy started",
    "1 power rebooting started",
    "3 power rebooting done",
    "3 wait the_agent started",
    "4 boot script done",
    "8 wait the_agent done",
    "8 step deploy done",
    "9 step skipped_one skipped",
    "9 step write_image started",
    "10 step write_image done",
    "10 operation deployment done",
    "10 state active entered",
)


def test_nested_as_they_happened() -> None:
    root = spans.build(DEPLOYMENT, _OPERATION, _at(99))
    assert _tree(root) == [
        (0, "deployment", 10.0, "done"),
        (1, "preparation", 1.0, "done"),
        (1, "deploy", 7.0, "done"),
        (2, "rebooting", 2.0, "done"),
        (2, "the agent", 5.0, "done"),
        (3, "script", 0.0, "done"),
        (1, "skipped one", 0.0, "skipped"),
        (1, "write image", 1.0, "done"),
    ]
    assert root.explained() == pytest.approx(0.9)


def test_what_goes_on_ends_now() -> None:
    root = spans.build(DEPLOYMENT[:9], _OPERATION, _at(6))
    assert _tree(root)[0] == (0, "deployment", 6.0, None)
    assert _tree(root)[2:5] == [
        (1, "deploy", 5.0, None),
        (2, "rebooting", 2.0, "done"),
        (2, "the agent", 3.0, None),
    ]
    assert root.explained() == 1.0


@pytest.mark.parametrize("said", [True, False])
def test_a_conductor_died_in_a_step(said: bool) -> None:
    lines = [
        "0 operation deployment started",
        "0 step deploy started",
        "1 power rebooting started",
        "5 take-over c1 started",
        *(["6 step deploy interrupted"] if said else []),
        "6 step deploy repeated",
        "8 step deploy done",
        "8 operation deployment failed",
    ]
    root = spans.build(_journal(*lines), _OPERATION, _at(99))
    steps = [s for _, s in root.walk() if s.kind == "step"]
    assert [(s.seconds, s.outcome) for s in steps] == [(6.0, "interrupted"), (2.0, "done")]
    power = next(s for _, s in root.walk() if s.kind == "power")
    assert (power.end, power.outcome) == (_at(6), "interrupted")
    assert root.outcome == "failed"


def test_other_operations_are_left_out() -> None:
    earlier = _journal("0 operation cleaning started", "1 operation cleaning done", operation="x")
    entries = earlier + DEPLOYMENT
    assert spans.operations(entries) == ["x", _OPERATION]
    assert _tree(spans.build(entries, "x", _at(99))) == [(0, "cleaning", 1.0, "done")]
    assert _tree(spans.build(entries, _OPERATION, _at(99)))[0][2] == 10.0


def test_an_operation_without_time_is_explained() -> None:
    entries = _journal("0 operation verification started", "0 operation verification done")
    root = spans.build(entries, _OPERATION, _at(9))
    assert (root.seconds, root.explained()) == (0.0, 1.0)
    assert list(waterfall.draw(root, 80)) == ["      start      took  s"]


def test_drawn_in_the_width_of_the_terminal() -> None:
    root = spans.build(DEPLOYMENT, _OPERATION, _at(99))
    lines = list(waterfall.draw(root, 100))
    assert lines[4].split()[:4] == ["3.000", "5.000", "wait", "the"]
    assert lines[6].split() == ["8.000", "1.000", "(not", "recorded)"]
    assert max(map(len, lines)) <= 100
    bars = [len(line) - len(line.rstrip("=")) for line in lines]
    assert bars[2] == pytest.approx(7 * bars[1], rel=0.5) and bars[2] > bars[3] > bars[1]


def test_a_collector_can_read_it() -> None:
    failed = _journal("0 operation cleaning started", "2 operation cleaning failed")
    for entries, code in ((DEPLOYMENT, 1), (failed, 2)):
        root = spans.build(entries, _OPERATION, _at(99))
        text = json.dumps(otlp.request(root, _OPERATION, _NODE))
        read = json_format.Parse(text, trace_service_pb2.ExportTraceServiceRequest())
        (resource,) = read.resource_spans
        (scope,) = resource.scope_spans
        assert scope.spans[0].status.code == code
        assert {s.parent_span_id for s in scope.spans[1:]} <= {s.span_id for s in scope.spans}
        assert len({s.span_id for s in scope.spans}) == len(scope.spans)
    names = {a.key: a.value.string_value for a in resource.resource.attributes}
    assert (names["host.id"], names["host.name"]) == (_NODE["uuid"], "n0")
