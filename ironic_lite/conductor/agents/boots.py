# SPDX-License-Identifier: Apache-2.0
"""The boot of a server whose node waits for its agent: how far it has come, and the next attempt.

A server that makes no progress is booted again, ``[pxe] boot_attempts`` times in all. The journal holds all that this
depends on, so another conductor continues to count where the first one died. An agent that has called is never ended.
"""

import datetime

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import boot_progress, boot_stages, states
from ironic_lite.common import journal as terms
from ironic_lite.common.boot_progress import Progress, Row
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.agents import lost_agents
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.operations.flow import Flow
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.objects.node_journal import NodeJournal

LOG = log.getLogger(__name__)


def is_watched(task: TaskManager, flow: Flow) -> bool:
    """Tell whether the node waits for an agent that has not called yet, and its boot can be seen."""
    node = task.node
    return bool(
        provision_states.is_waiting(node.provision_state)
        and not node.maintenance
        and node.target_power_state is None
        and node.agent_last_heartbeat is None
        and task.driver.boot.boots_agent(node)
        and lost_agents.is_expected(task, flow)
    )


def progress(task: TaskManager) -> Progress | None:
    """Return how far the server has come with its present boot; None if nothing is known about it."""
    return boot_progress.of(_entries(task))


def attempts(task: TaskManager) -> int:
    """Return how often the server was booted for what the operation waits for now."""
    return boot_progress.attempts(_entries(task), task.node.operation)


def least_patience() -> int | None:
    """Return the seconds after which a boot can have stalled at the earliest; None if no stage has a timeout."""
    found = [_patience(stage) for stage in boot_stages.STAGES]
    return min((seconds for seconds in found if seconds), default=None)


def _patience(stage: boot_stages.Stage) -> int:
    """Return the seconds that a server may stay at a stage; 0: as long as it takes."""
    return int(CONF.pxe.boot_retry_timeout or getattr(CONF.pxe, stage.timeout))


def has_stalled(flow: Flow, boot: Progress, heard_for: float) -> bool:
    """Tell whether a boot makes no progress any more.

    :param heard_for: seconds for which servers could reach this service.
    """
    inspects = not flow.by_heartbeat
    if inspects and boot.problem is None and _has_its_script(boot):
        # The agent may be at work: it calls when it has inspected the server.
        return False
    patience = _patience(boot.stage)
    if not patience or heard_for < patience:
        return False
    waited = timeutils.utcnow(with_timezone=True) - boot.since
    return waited > datetime.timedelta(seconds=patience)


def boot_again(task: TaskManager, boot: Progress) -> None:
    """Boot the server with the same ramdisk again; the node goes on waiting. Runs in a worker, under the lock.

    :raises IronicLiteError: when the BMC refuses.
    """
    node = task.node
    number = f"boot {attempts(task) + 1} of {CONF.pxe.boot_attempts}"
    LOG.warning("Node %s: %s; %s", node.uuid, boot.sentence(), number)
    journal.note(
        task, terms.BOOT, boot_progress.BOOT, terms.REPEATED, f"{number}, because {boot.sentence()}"
    )
    task.driver.deploy.forget_agent(task)
    # If this conductor dies now, the attempt counts.
    node.save()
    if node.power_state != states.POWER_OFF and not node.disable_power_off:
        task.set_power(states.POWER_OFF)
    task.driver.boot.prepare_again(task)
    task.set_power(states.REBOOT)


def _entries(task: TaskManager) -> list[Row]:
    newest = NodeJournal.rows(
        task.context,
        task.node.id,
        limit=boot_progress.MOST_ENTRIES,
        sort_dir="desc",
        kinds=boot_progress.KINDS,
    )
    return list(newest[::-1])


def _has_its_script(boot: Progress) -> bool:
    order = boot_stages.STAGES.index
    return order(boot.stage) >= order(boot_stages.SCRIPT)
