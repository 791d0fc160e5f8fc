# SPDX-License-Identifier: Apache-2.0
"""What this process counts and measures, for Prometheus. Each metric is declared here, once.

Counting never fails, never waits and never asks the database. The numbers of label values are bounded: they come from
declarations, or pass :func:`bounded`. docs/metrics.md is made from these declarations.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from ironic_lite import version
from ironic_lite.common import shared_metrics

LOG = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST

OK, REFUSED, FAILED = "ok", "refused", "failed"
"""Values of the label ``outcome``."""

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LONG = (1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600, 86400)

REQUESTS = Histogram(
    "ironic_lite_api_request_seconds",
    "Time until the answer to a request began, by route, method and status.",
    ("route", "method", "status"),
    buckets=_FAST,
)
CALLS = Histogram(
    "ironic_lite_rpc_call_seconds",
    "Time that a process waited for the answer to an RPC, by call and outcome (ok, refused: an error for the client, "
    "failed: no answer).",
    ("call", "outcome"),
    buckets=_FAST,
)
SERVED = Histogram(
    "ironic_lite_rpc_served_seconds",
    "Time that a conductor took to serve an RPC, by call and outcome.",
    ("call", "outcome"),
    buckets=_FAST,
)
STATEMENTS = Histogram(
    "ironic_lite_db_statement_seconds",
    "Time of the statements to the database, by kind (select, insert, update, delete, other).",
    ("kind",),
    buckets=_FAST,
)
RETRIES = Counter(
    "ironic_lite_db_retries",
    "Transactions that were repeated after a deadlock or a lost connection.",
)
BMC_COMMANDS = Histogram(
    "ironic_lite_bmc_command_seconds",
    "Time of commands to BMCs, login and retries included, by protocol and outcome (ok, refused by the BMC, failed: no "
    "answer).",
    ("protocol", "outcome"),
    buckets=_FAST,
)
PERIODICS = Histogram(
    "ironic_lite_periodic_task_seconds",
    "Time of one run of a periodic task, by task and outcome.",
    ("task", "outcome"),
    buckets=_FAST,
)
PERIODIC_ENDS = Gauge(
    "ironic_lite_periodic_task_last_end_timestamp_seconds",
    "When a periodic task last ended without an error, in seconds since 1970.",
    ("task",),
    multiprocess_mode="max",
)
ENTRIES = Counter(
    "ironic_lite_operations",
    "Operations of nodes that began or ended, by operation and outcome.",
    ("operation", "outcome"),
)
STEPS = Counter(
    "ironic_lite_steps",
    "Steps of operations that began or ended, by step and outcome.",
    ("step", "outcome"),
)
STATES = Histogram(
    "ironic_lite_provision_state_seconds",
    "Time that a node was in a provision state when it left that.",
    ("state",),
    buckets=_LONG,
)
NODES = Gauge(
    "ironic_lite_nodes",
    "Nodes of this conductor by provision state and whether they are under maintenance.",
    ("state", "maintenance"),
    multiprocess_mode="livesum",
)
LONGEST = Gauge(
    "ironic_lite_longest_in_state_seconds",
    "For how long the node that is longest in a state of work or waiting has been in it, of this conductor's nodes.",
    ("state",),
    multiprocess_mode="max",
)
LOCKS = Gauge(
    "ironic_lite_node_locks",
    "Nodes that this conductor has locked.",
    multiprocess_mode="livesum",
)
WORKERS_BUSY = Gauge(
    "ironic_lite_workers_busy",
    "Work on the conductor's worker pool.",
    multiprocess_mode="livesum",
)
WORKERS_MOST = Gauge(
    "ironic_lite_workers_limit",
    "The most work that the conductor's worker pool takes.",
    multiprocess_mode="livesum",
)
WORKERS_REFUSED = Counter(
    "ironic_lite_workers_refused",
    "Work that found no free worker.",
)
KEEPALIVES = Gauge(
    "ironic_lite_keepalive_timestamp_seconds",
    "When the conductor last wrote its keepalive, in seconds since 1970.",
    multiprocess_mode="max",
)
BUILD = Gauge(
    "ironic_lite_build_info",
    "1, with the version of the service.",
    ("version",),
    multiprocess_mode="max",
)
BUILD.labels(version.__version__).set(1)

DECLARED = (
    *(REQUESTS, CALLS, SERVED, STATEMENTS, RETRIES, BMC_COMMANDS, PERIODICS, PERIODIC_ENDS),
    *(ENTRIES, STEPS, STATES, NODES, LONGEST, LOCKS, WORKERS_BUSY, WORKERS_MOST),
    *(WORKERS_REFUSED, KEEPALIVES, BUILD),
)
"""All metrics of ours, in the order of the page about them."""

_MOST_VALUES = 300
_known: dict[str, set[str]] = {}
_lock = threading.Lock()


def bounded(label: str, value: str) -> str:
    """Return a label's value that others chose; ``other`` once there are 300 different ones."""
    known = _known.setdefault(label, set())
    if value in known:
        return value
    with _lock:
        if len(known) >= _MOST_VALUES:
            return "other"
        known.add(value)
    return value


def count(how: Callable[[], object]) -> None:
    """Count or measure something; what goes wrong is logged.

    Processes that share their metrics keep them in files, which cannot grow on a full disk.
    """
    try:
        how()
    except Exception as exc:
        LOG.warning("A metric was not counted: %s", exc)


@contextlib.contextmanager
def timed(metric: Histogram, name: str, refusals: type[Exception] | None = None) -> Iterator[None]:
    """Observe the time of a block in a metric with the labels (name, outcome).

    :param refusals: errors that are answers, not failures.
    """
    begun, outcome = time.monotonic(), OK
    try:
        yield
    except BaseException as exc:
        outcome = REFUSED if refusals is not None and isinstance(exc, refusals) else FAILED
        raise
    finally:
        seconds = time.monotonic() - begun
        count(lambda: metric.labels(name, outcome).observe(seconds))


def scrape() -> bytes:
    """Return all metrics in Prometheus' text format."""
    if shared_metrics.VARIABLE not in os.environ:
        return bytes(generate_latest(REGISTRY))
    collected = CollectorRegistry()
    multiprocess.MultiProcessCollector(collected)
    return bytes(generate_latest(collected))
