# SPDX-License-Identifier: Apache-2.0
"""Limits the size of the nodes' histories and journals, and the logs of ramdisks that this conductor keeps. Each
conductor cleans up for all nodes."""

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.conductor.agents import log_files
from ironic_lite.conf import CONF
from ironic_lite.objects.node_journal import NodeJournal
from ironic_lite.objects.node_records import NodeHistory

LOG = log.getLogger(__name__)


def run(context: ironic_context.RequestContext) -> None:
    """Delete the oldest entries beyond the limit per node."""
    deleted = NodeHistory.prune(context, CONF.conductor.node_history_max_entries)
    if deleted:
        LOG.info("Removed %d entries from the histories of nodes", deleted)
    log_files.delete_surplus()
    conf = CONF.conductor
    deleted = NodeJournal.prune(
        context, conf.node_journal_max_operations, conf.node_journal_max_entries
    )
    if deleted:
        LOG.info("Removed %d entries from the journals of nodes", deleted)
