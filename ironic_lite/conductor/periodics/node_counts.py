# SPDX-License-Identifier: Apache-2.0
"""Counts the nodes of this conductor for the metrics, so that a scrape asks no database."""

import collections

from oslo_utils import timeutils

from ironic_lite.common import context as ironic_context
from ironic_lite.common import metrics
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.periodics import owned


class NodeCounts:
    """Remembers what it has counted, to set to 0 what has gone."""

    def __init__(self) -> None:
        self._counted: set[tuple[str, str]] = set()

    def run(self, context: ironic_context.RequestContext) -> None:
        """Count the nodes by state, and the locks; find the node that is longest in a passing state."""
        rows = owned.nodes(context, {}, ["provision_state", "maintenance", "provision_updated_at"])
        counts = collections.Counter(
            (str(row["provision_state"]), str(bool(row["maintenance"])).lower()) for row in rows
        )
        for labels in self._counted | counts.keys():
            metrics.NODES.labels(*labels).set(counts[labels])
        self._counted |= counts.keys()
        metrics.LOCKS.set(len(identity.current().locks))
        now = timeutils.utcnow(with_timezone=True)
        for state in provision_states.names(Kind.WORKING, Kind.WAITING):
            since = [
                timeutils.parse_isotime(row["provision_updated_at"])
                for row in rows
                if row["provision_state"] == state and row["provision_updated_at"]
            ]
            seconds = (now - min(since)).total_seconds() if since else 0
            metrics.LONGEST.labels(state).set(max(seconds, 0))
