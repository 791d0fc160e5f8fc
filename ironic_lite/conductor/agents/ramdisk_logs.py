# SPDX-License-Identifier: Apache-2.0
"""Collects the logs of a ramdisk when its operation fails, or always (``[agent] deploy_logs_collect``).

The journal says which conductor has the file, or why there is none. A failure to collect logs fails nothing else.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, ramdisk_archive, redaction
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.agents import log_files
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.task import ConductorTask
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

ALWAYS, NEVER = "always", "never"

_SENT = "sent_ramdisk_logs"
"""Key in ``driver_internal_info``: name, size and conductor of the logs that came with inspection data."""


def collect_after_failure(task: ConductorTask) -> None:
    """Collect the logs because the node's operation has failed. The server still runs; the caller saves the node."""
    if CONF.agent.deploy_logs_collect != NEVER and not _note_sent(task):
        _collect(task)


def collect_before_end(task: ConductorTask) -> None:
    """Collect the logs because the ramdisk is about to end, if they are always collected."""
    if CONF.agent.deploy_logs_collect == ALWAYS:
        _collect(task)


def take_sent(task: ConductorTask, plugin_data: dict[str, Any]) -> None:
    """Take the logs out of inspection data, and keep them until the inspection has ended. The caller saves the node."""
    sent = plugin_data.pop(ramdisk_archive.KEY, None)
    if sent is None or CONF.agent.deploy_logs_collect == NEVER:
        return
    node = task.node
    try:
        content = ramdisk_archive.decoded(sent)
        name = log_files.write(node, "inspection", content)
    except (OSError, ValueError) as exc:
        LOG.warning("Node %s: the logs with its inspection data are dropped: %s", node.uuid, exc)
        return
    detail = {"name": name, "size": len(content), "conductor": current().host}
    node.set_driver_internal_info(_SENT, detail)


def settle_sent(task: ConductorTask, failed: bool) -> None:
    """Note the logs that came with inspection data, or delete them, at its end. The caller saves the node.

    A file that another conductor has is left to the limits of its number and age.
    """
    if failed or CONF.agent.deploy_logs_collect == ALWAYS:
        _note_sent(task)
        return
    sent = task.node.del_driver_internal_info(_SENT)
    if sent and sent["conductor"] == current().host:
        log_files.delete(sent["name"])


def _note_sent(task: ConductorTask) -> bool:
    """Note the logs that came with inspection data; return whether there are any."""
    sent = task.node.del_driver_internal_info(_SENT)
    if not sent:
        return False
    detail = f"{sent['size']} bytes, sent with the inspection data"
    journal.note(task, terms.LOGS, sent["name"], terms.DONE, detail, conductor=sent["conductor"])
    return True


def _collect(task: ConductorTask) -> None:
    node = task.node
    if not task.driver.deploy.uses_agent or node.operation is None or _is_collected(task):
        return
    if not node.agent_url and not task.driver.boot.boots_agent(node):
        # No ramdisk was booted.
        return
    operation = provision_states.operation_of(node.provision_state)
    label = operation.name if operation is not None else "operation"
    try:
        content = task.driver.deploy.collect_logs(task)
    except exception.WorkCutOff:
        raise
    except exception.IronicLiteError as exc:
        _note_failure(task, exc.message)
    except Exception as exc:
        LOG.exception("Node %s: the logs of its ramdisk cannot be collected", node.uuid)
        _note_failure(task, str(exc) or type(exc).__name__)
    else:
        keep(task, label, content)


def keep(task: ConductorTask, label: str, content: bytes) -> None:
    """Store logs, and note it in the journal."""
    try:
        name = log_files.write(task.node, label, content)
    except OSError as exc:
        _note_failure(task, f"they cannot be stored: {exc.strerror or exc}")
        return
    LOG.info("Node %s: the logs of its ramdisk are in %s", task.node.uuid, name)
    journal.note(task, terms.LOGS, name, terms.DONE, f"{len(content)} bytes")


def _note_failure(task: ConductorTask, reason: str) -> None:
    LOG.warning("Node %s: the logs of its ramdisk are not collected: %s", task.node.uuid, reason)
    journal.note(task, terms.LOGS, None, terms.FAILED, redaction.mask_text(reason))


def _is_collected(task: ConductorTask) -> bool:
    """Whether an earlier attempt, perhaps of a conductor that died, has got them."""
    noted = [entry for entry in journal.of_operation(task) if entry["kind"] == terms.LOGS]
    return bool(noted)
