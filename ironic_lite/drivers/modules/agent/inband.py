# SPDX-License-Identifier: Apache-2.0
"""Steps and commands that run in the agent, while no thread of the conductor waits for them.

The id of a step's command is on the node's record. The agent sends a heartbeat as soon as a command has ended, and
:func:`ended` then reads the result. The agent runs one command at a time and remembers all commands since it started,
so a conductor that takes a node over from a dead one finds the command instead of starting it twice.
"""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps as step_specs
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.agent import client as agent_client
from ironic_lite.drivers.modules.agent import describe
from ironic_lite.drivers.modules.agent.client import AgentClient, Command

LOG = log.getLogger(__name__)

COMMAND = "agent_command"
"""Key in ``driver_internal_info``: id of the current step's command."""

ENDED = "agent_ended_command"
"""Key in ``driver_internal_info``: id of the last command whose end the conductor has seen."""

VERSIONS = "hardware_manager_version"
"""Key in ``driver_internal_info``: versions of the hardware managers when they listed their steps."""

MAX_STEPS = 500


def _cache(kind: str) -> str:
    return f"agent_cached_{kind}_steps"


def refresh(task: Task, kind: str) -> None:
    """Ask the agent for its steps after it has come up, and keep them on the node.

    :raises AgentAPIError, AgentConnectionFailed: when the agent does not return them.
    """
    node = task.node
    answer = AgentClient(node).get_steps(kind, describe.node(task), describe.ports(task))
    try:
        found = [
            _step(step) for group in answer[f"{kind}_steps"].values() for step in group[:MAX_STEPS]
        ]
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        raise exception.AgentAPIError(
            node=node.uuid, status=200, error=f"the agent returned malformed {kind} steps: {exc!r}"
        ) from exc
    node.set_driver_internal_info(_cache(kind), found)
    node.set_driver_internal_info(VERSIONS, answer.get(VERSIONS))


def knows_steps(node: Any, kind: str) -> bool:
    return _cache(kind) in node.driver_internal_info


def forget_steps(node: Any, kind: str) -> None:
    """Remove the agent's steps from the record, because a different agent may come up next."""
    node.del_driver_internal_info(_cache(kind))


def _step(reported: dict[str, Any]) -> dict[str, Any]:
    return {
        "step": str(reported["step"]),
        "interface": str(reported["interface"]),
        "priority": int(reported.get("priority") or 0),
        "argsinfo": reported.get("argsinfo"),
        "abortable": bool(reported.get("abortable")),
        "reboot_requested": bool(reported.get("reboot_requested")),
        "requires_ramdisk": True,
    }


def forget(node: Any) -> None:
    """Remove the agent's commands from the record: the agent is gone."""
    node.del_driver_internal_info(COMMAND)
    node.del_driver_internal_info(ENDED)


def start_afresh(task: Task) -> bool:
    """Reuse an agent that is still up from an earlier operation; False when it is busy or does not answer."""
    node = task.node
    try:
        commands = AgentClient(node).commands()
    except (exception.AgentConnectionFailed, exception.AgentAPIError) as exc:
        LOG.info("Node %s: the running agent is not reused: %s", node.uuid, exc)
        return False
    if any(command.status == agent_client.RUNNING for command in commands):
        return False
    forget(node)
    if commands:
        # Commands of earlier operations must not count as commands of this one.
        node.set_driver_internal_info(ENDED, commands[-1].id)
    return True


def offered(task: Task, kind: str, interface: str) -> list[dict[str, Any]]:
    """Return the agent's known steps for one interface, with configured priorities."""
    cached = task.node.driver_internal_info.get(_cache(kind)) or []
    configured = {
        "erase_devices": CONF.deploy.erase_devices_priority,
        "erase_devices_metadata": CONF.deploy.erase_devices_metadata_priority,
    }
    found = []
    for step in cached:
        if step["interface"] != interface:
            continue
        priority = configured.get(step["step"]) if kind == step_specs.CLEAN else None
        found.append(step if priority is None else {**step, "priority": priority})
    return found


def execute(
    task: Task,
    kind: str,
    step: dict[str, Any],
    args: dict[str, Any] | None = None,
    described: dict[str, Any] | None = None,
) -> str:
    """Start a step in the agent.

    :param args: arguments that replace the step's own, for values that must not be on the record.
    :param described: the description of the node, if it is not that of ``describe.node``.
    :returns: the wait state.
    :raises AgentAPIError, AgentConnectionFailed, AgentInProgress: when the agent does not start it.
    """
    given = {**step, "args": args} if args is not None else step
    versions = task.node.driver_internal_info.get(VERSIONS)

    def send(agent: AgentClient) -> Command:
        node = described or describe.node(task)
        return agent.execute_step(kind, given, node, describe.ports(task), versions)

    begin(task, f"execute_{kind}_step", send)
    return provision_states.waiting_of(task.node.provision_state)


def begin(task: Task, name: str, send: Callable[[AgentClient], Command]) -> None:
    """Start a command and put its id on the record, or find the one that a dead conductor started.

    :param name: the command's name in the agent's list.
    """
    node = task.node
    agent = AgentClient(node, task.ensure_locked)
    command = _started(agent.commands(), name, node.driver_internal_info.get(ENDED))
    if command is None:
        command = send(agent)
    else:
        LOG.info("Node %s: command %s (%s) runs already", node.uuid, name, command.id)
    node.set_driver_internal_info(COMMAND, command.id)


def _started(commands: list[Command], name: str, seen: str | None) -> Command | None:
    """Return the latest command of this name that started after the command ``seen``; None when there is none."""
    for command in reversed(commands):
        if command.id == seen:
            return None
        if command.name == name:
            return command
    return None


def is_idle(node: Any) -> bool:
    """Tell whether the command on record (or, without one, every command) has ended. Asks once, briefly.

    :raises AgentAPIError, AgentConnectionFailed: when the agent does not answer.
    """
    agent = AgentClient(node, hasty=True)
    command_id = node.driver_internal_info.get(COMMAND)
    if command_id is None:
        return not any(command.status == agent_client.RUNNING for command in agent.commands())
    command = agent.command(command_id)
    return command is None or command.status != agent_client.RUNNING


def ended(task: Task, kind: str, step: dict[str, Any]) -> bool:
    """Tell whether the command on record has succeeded; False while it runs.

    :raises AgentAPIError, AgentConnectionFailed: when the agent does not answer.
    :raises AgentLost: when the agent does not know the command, because it was restarted.
    :raises IronicLiteError: when the command failed.
    """
    node = task.node
    command = AgentClient(node).command(node.driver_internal_info[COMMAND])
    if command is None:
        raise exception.AgentLost(reason="the agent was restarted while the step ran")
    if command.status == agent_client.RUNNING:
        return False
    node.set_driver_internal_info(ENDED, command.id)
    node.del_driver_internal_info(COMMAND)
    if command.status == agent_client.VERSION_MISMATCH:
        _start_again(task, kind, step)
        return False
    if command.status != agent_client.SUCCEEDED:
        raise exception.IronicLiteError(f"the agent reports: {command.error or command.status}")
    if command.name == f"execute_{kind}_step":
        interface = task.driver.interface(step["interface"])
        interface.step_ended(task, step, command.result.get(f"{kind}_result"))
    if step.get("reboot_requested"):
        LOG.info("Node %s: step %s requires a reboot", node.uuid, step["step"])
        task.set_power(states.REBOOT)
        return False
    return True


def _start_again(task: Task, kind: str, step: dict[str, Any]) -> None:
    """Refresh the steps, because the hardware managers have changed, and run this step again."""
    LOG.warning("Node %s: the agent's hardware managers have changed", task.node.uuid)
    task.note_retry(step["step"], "the agent's hardware managers have changed")
    refresh(task, kind)
    task.driver.interface(step["interface"]).execute_step(task, kind, step)
    task.node.save()
