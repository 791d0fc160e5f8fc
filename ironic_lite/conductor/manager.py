# SPDX-License-Identifier: Apache-2.0
"""The conductor's RPC surface, and the beginning and end of its life.

Methods are short: lock the node, hand over to the room that knows. They check in the order that Ironic's clients rely
on: is the node locked, under maintenance, in a state for it, and only then the arguments.
"""

import contextlib
import threading
from typing import Any

import oslo_messaging

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import (
    agent_contact,
    flows,
    lifecycle,
    node_records,
    plan,
    power,
    rpcapi,
    task_manager,
)
from ironic_lite.conductor.allocation_endpoint import AllocationEndpoint
from ironic_lite.conductor.hardware_endpoint import HardwareEndpoint
from ironic_lite.conductor.object_endpoint import ObjectEndpoint
from ironic_lite.conductor.periodics import orphans
from ironic_lite.conductor.record_endpoint import RecordEndpoint
from ironic_lite.conductor.surface import Endpoint, exposed, exposed_to_agents
from ironic_lite.objects.node import Node

Context = ironic_context.RequestContext
Steps = list[dict[str, Any]]


class ConductorManager(Endpoint):
    """One conductor.

    :param host: its name.
    :param on_superseded: called when another process has taken the name; this conductor has to stop.
    """

    target = oslo_messaging.Target(version=rpcapi.RPC_API_VERSION)

    def __init__(self, host: str, on_superseded: lifecycle.Alarm):
        self.host = host
        self.ready = threading.Event()
        self._parts: list[Endpoint] = [
            ObjectEndpoint(),
            RecordEndpoint(),
            HardwareEndpoint(),
            AllocationEndpoint(),
        ]
        for part in self._parts:
            part.ready = self.ready
        self._life: lifecycle.Life | None = None
        self._on_superseded = on_superseded

    def endpoints(self) -> list[Endpoint]:
        """Everything that the RPC server offers."""
        return [self, *self._parts]

    # -- life ----------------------------------------------------------------------------------------------------

    def claim_host(self) -> None:
        """Make sure of the name, before anything is done in it.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        """
        life = lifecycle.Life(self.host, self._on_superseded)
        life.claim()
        self._life = life

    def init_host(self) -> None:
        """Start to work; see :class:`ironic_lite.conductor.lifecycle.Life`.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        :raises ConfigInvalid, DriverNotFoundInEntrypoint, DriverLoadError: when a driver cannot be used.
        """
        if self._life is None:
            self.claim_host()
        assert self._life is not None
        self.identity = self._life.identity
        for part in self._parts:
            part.identity = self.identity
        self._life.begin()
        self.ready.set()

    def leave_ring(self) -> None:
        """Stop to be chosen for nodes and to start work of our own."""
        if self._life is not None:
            self._life.leave_ring()

    def del_host(self) -> None:
        """Let running work end, and give back what is left."""
        if self._life is not None:
            self._life.end()
            self._life = None

    # -- nodes ---------------------------------------------------------------------------------------------------

    @exposed
    def create_node(self, context: Context, node_obj: Node) -> Node:
        node_records.create(node_obj)
        return node_obj

    @exposed
    def update_node(
        self,
        context: Context,
        node_obj: Node,
        reset_interfaces: bool = False,
        expected: dict[str, Any] | None = None,
    ) -> Node:
        with task_manager.acquire(context, node_obj.id, purpose="node update") as task:
            node_records.update(task, node_obj, reset_interfaces, expected)
        return task.node

    @exposed
    def destroy_node(self, context: Context, node_id: str) -> None:
        with task_manager.acquire(context, node_id, purpose="node deletion") as task:
            node_records.destroy(task)

    # -- power and boot ------------------------------------------------------------------------------------------

    @exposed
    def change_node_power_state(
        self, context: Context, node_id: str, new_state: str, power_timeout: int | None = None
    ) -> None:
        purpose = f"changing power to '{new_state}'"
        with task_manager.acquire(context, node_id, purpose=purpose) as task:
            power.request(task, new_state, power_timeout)

    @exposed
    def set_boot_device(
        self, context: Context, node_id: str, device: str, persistent: bool = False
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="setting the boot device") as task:
            task.set_boot_device(device, persistent=persistent)

    @exposed
    def get_boot_device(self, context: Context, node_id: str) -> dict[str, Any]:
        with task_manager.acquire(
            context, node_id, shared=True, purpose="reading the boot device"
        ) as task:
            task.driver.management.validate(task)
            return task.driver.management.get_boot_device(task)

    @exposed
    def get_supported_boot_devices(self, context: Context, node_id: str) -> list[str]:
        with task_manager.acquire(
            context, node_id, shared=True, purpose="listing boot devices"
        ) as task:
            return task.driver.management.get_supported_boot_devices(task)

    @exposed
    def validate_driver_interfaces(
        self, context: Context, node_id: str
    ) -> dict[str, dict[str, Any]]:
        with task_manager.acquire(context, node_id, shared=True, purpose="validation") as task:
            return {
                kind: _validated(task, interface)
                for kind, interface in task.driver.interfaces().items()
                if kind != "vendor"
            }

    @exposed
    def get_driver_properties(self, context: Context, driver_name: str) -> dict[str, str]:
        return self.identity.drivers.properties(driver_name)

    # -- provisioning --------------------------------------------------------------------------------------------

    @exposed
    def provision(
        self, context: Context, node_id: str, event: str, arguments: dict[str, Any]
    ) -> None:
        with task_manager.acquire(context, node_id, purpose=f"provisioning: {event}") as task:
            flows.start(task, event, arguments)

    # One call for each verb with arguments: APIs from before 1.3 send these.

    @exposed
    def do_node_deploy(
        self,
        context: Context,
        node_id: str,
        rebuild: bool = False,
        configdrive: Any = None,
        deploy_steps: Steps | None = None,
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="node deployment") as task:
            flows.start(
                task,
                "rebuild" if rebuild else "deploy",
                {"configdrive": configdrive, "deploy_steps": deploy_steps},
            )

    @exposed
    def do_node_tear_down(self, context: Context, node_id: str) -> None:
        with task_manager.acquire(context, node_id, purpose="node tear down") as task:
            flows.start(task, "delete", {})

    @exposed
    def do_provisioning_action(self, context: Context, node_id: str, action: str) -> None:
        with task_manager.acquire(context, node_id, purpose=f"provision action {action}") as task:
            flows.start(task, action, {})

    @exposed
    def do_node_clean(
        self,
        context: Context,
        node_id: str,
        clean_steps: Steps,
        disable_ramdisk: bool | None = False,
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="manual cleaning") as task:
            flows.start(
                task, "clean", {"clean_steps": clean_steps, "disable_ramdisk": disable_ramdisk}
            )

    @exposed
    def do_node_service(
        self,
        context: Context,
        node_id: str,
        service_steps: Steps,
        disable_ramdisk: bool | None = False,
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="node servicing") as task:
            flows.start(
                task,
                "service",
                {"service_steps": service_steps, "disable_ramdisk": disable_ramdisk},
            )

    @exposed
    def inspect_hardware(self, context: Context, node_id: str) -> None:
        with task_manager.acquire(context, node_id, purpose="node inspection") as task:
            flows.start(task, "inspect", {})

    @exposed
    def do_node_rescue(self, context: Context, node_id: str, rescue_password: str) -> None:
        with task_manager.acquire(context, node_id, purpose="node rescue") as task:
            flows.start(task, "rescue", {"rescue_password": rescue_password})

    @exposed
    def do_node_unrescue(self, context: Context, node_id: str) -> None:
        with task_manager.acquire(context, node_id, purpose="node unrescue") as task:
            flows.start(task, "unrescue", {})

    @exposed
    def take_up(self, context: Context, node_id: str) -> None:
        # We own the node only since another conductor left the ring; our own copy of it may be older.
        self.identity.ring.reset()
        # Where that fails, the periodic task finds the node.
        with contextlib.suppress(
            exception.NodeLocked, exception.NodeNotFound, exception.TemporaryFailure
        ):
            orphans.take_up(context, node_id)

    @exposed
    def plan_node(
        self, context: Context, node_id: str, event: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return plan.make(context, node_id, event, given)

    # -- agents --------------------------------------------------------------------------------------------------

    @exposed_to_agents
    def heartbeat(
        self,
        context: Context,
        node_id: str,
        callback_url: str,
        agent_version: str,
        agent_token: str | None,
        agent_verify_ca: str | None = None,
        agent_status: str | None = None,
        agent_status_message: str | None = None,
    ) -> None:
        agent_contact.heartbeat(
            context,
            node_id,
            callback_url,
            agent_version,
            agent_token,
            agent_verify_ca,
            agent_status,
            agent_status_message,
        )

    @exposed_to_agents
    def get_node_for_agent(self, context: Context, node_id: str) -> Node:
        return agent_contact.expected(context, node_id)

    @exposed_to_agents
    def get_node_with_token(self, context: Context, node_id: str) -> Node:
        return agent_contact.lookup(context, node_id)

    @exposed_to_agents
    def get_boot_script(self, context: Context, node_id: str, mac: str) -> str:
        with task_manager.acquire(context, node_id, shared=True, purpose="network boot") as task:
            return task.driver.boot.boot_script(task, mac)


def _validated(task: task_manager.TaskManager, interface: Any) -> dict[str, Any]:
    try:
        interface.validate(task)
    except exception.IronicLiteError as exc:
        return {"result": False, "reason": exc.message}
    return {"result": True, "reason": None}
