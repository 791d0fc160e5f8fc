# SPDX-License-Identifier: Apache-2.0
"""Notes what servers do when they boot, for whoever sees it: the API and conductors."""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, redaction, safe_text
from ironic_lite.objects.node_journal import NodeJournal

LOG = log.getLogger(__name__)

_LONGEST = 500


def note(context: Any, node_id: int, stage: str, outcome: str, detail: str | None = None) -> None:
    """Note it in the node's journal. A failure is only logged, because no boot may depend on it.

    :param stage: and ``outcome``: see ``NodeJournal.note_boot``.
    :param detail: may come from the server; it is masked and cut.
    """
    if detail is not None:
        detail = safe_text.one_line(redaction.mask_text(detail[: 2 * _LONGEST]))[:_LONGEST]
    try:
        NodeJournal.note_boot(context, node_id, stage, outcome, detail)
    except exception.IronicLiteError as exc:
        LOG.warning("The boot of node %d (%s) cannot be noted: %s", node_id, stage, exc.message)
