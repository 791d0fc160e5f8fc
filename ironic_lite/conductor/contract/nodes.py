# SPDX-License-Identifier: Apache-2.0
"""The RPCs about nodes, their power and provisioning, and their agents."""

from typing import Any, Protocol

from ironic_lite.conductor.contract.declaration import (
    Away,
    Context,
    NodeId,
    exclusive,
    shared,
    unlocked,
)
from ironic_lite.objects.node import Node


class NodeCalls(Protocol):
    """Calls that lock a node raise ``NodeNotFound``, and ``NodeLocked`` when another task holds its lock."""

    # -- nodes -------------------------------------------------------------------------------------------------

    @unlocked(since="1.0")
    def create_node(self, context: Context, node_obj: Node) -> Node:
        """Store a new node; interfaces that it does not name get the defaults.

        :raises AlreadyExists, InstanceAssociated: when another node has its UUID, name or instance.
        :raises InvalidParameterValue: when its interfaces do not fit its hardware type.
        :raises DriverNotFound: when the conductor does not serve its hardware type.
        """

    @exclusive("node update", since="1.0")
    def update_node(
        self,
        context: Context,
        node_obj: Node,
        expected: dict[str, Any] | None = None,
    ) -> Node:
        """Store the changes of a node.

        :param expected: the values of the changed fields when the changes were computed.
        :raises ConcurrentUpdate: when one of these fields has another value now.
        :raises InvalidState: when its provision state forbids the change.
        :raises InvalidParameterValue: when its interfaces do not fit its hardware type.
        """

    @exclusive("node deletion", since="1.0")
    def destroy_node(self, context: Context, node_id: NodeId) -> None:
        """Delete a node and its ports.

        :raises NodeAssociated: when it has an instance.
        :raises InvalidState: when its provision state forbids it.
        """

    @shared("validation", since="1.0")
    def validate_driver_interfaces(
        self, context: Context, node_id: NodeId
    ) -> dict[str, dict[str, Any]]:
        """Return ``{interface: {"result": True, False or None, "reason": text or None}}``."""

    @unlocked(since="1.0")
    def get_driver_properties(self, context: Context, driver_name: str) -> dict[str, str]:
        """Return ``{field of driver_info: its meaning}`` of a hardware type."""

    @exclusive("changing power to '{new_state}'", since="1.0")
    def change_node_power_state(
        self, context: Context, node_id: NodeId, new_state: str, power_timeout: int | None = None
    ) -> None:
        """Start a power change.

        :param power_timeout: seconds that the change may take.
        :raises NoFreeConductorWorker, InvalidParameterValue: when it cannot be started.
        """

    # -- provisioning ------------------------------------------------------------------------------------------

    @exclusive("provisioning: {event}", since="1.3")
    def provision(
        self, context: Context, node_id: NodeId, event: str, arguments: dict[str, Any]
    ) -> None:
        """Start the operation of a verb of ``PUT states/provision``.

        :param event: the verb's event of the state machine; see ``common.operations``.
        :param arguments: the verb's arguments by their declared names.
        :raises InvalidStateRequested: when the node's state does not allow the verb.
        :raises NodeInMaintenance, NoFreeConductorWorker: when it cannot be started now.
        :raises InvalidParameterValue: when an argument or a setting of the node is wrong.
        """

    @unlocked(since="1.2")
    def plan_node(
        self, context: Context, node_id: NodeId, event: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        """Return a plan; see ``conductor.operations.plan``.

        :param event: the requested event of the state machine.
        :param given: ``steps`` and ``disable_ramdisk`` of cleaning and servicing.
        """

    @unlocked(since="1.2", away=Away.NOBODY_WAITS)
    def take_up(self, context: Context, node_id: NodeId) -> None:
        """Continue an operation that another conductor handed over; ``periodics.orphans`` tries again if this fails."""

    # -- unknown servers ---------------------------------------------------------------------------------------

    @unlocked(since="1.4", by_agents=True)
    def discover(
        self,
        context: Context,
        inventory: dict[str, Any],
        plugin_data: dict[str, Any],
        sender: dict[str, Any],
    ) -> Node:
        """Enrol an unknown server, or recognise one that was discovered before, and process its inspection data.

        :param sender: ``address`` of the client; ``system_uuid`` that the server's firmware has told, or None.
        :returns: the node, in the state ``enroll``.
        :raises NotFound: when the data belongs to another node, or the server cannot be enrolled.
        :raises NodeLocked, NoFreeConductorWorker: when the node is in use; the ramdisk sends its data again.
        """

    @unlocked(since="1.4", away=Away.ASK_NEXT, by_agents=True)
    def get_discovery_script(self, context: Context) -> str | None:
        """Return the iPXE script for an unknown server; None when unknown servers are not inspected now."""

    # -- agents ------------------------------------------------------------------------------------------------

    @unlocked(since="1.0", by_agents=True)
    def heartbeat(
        self,
        context: Context,
        node_id: NodeId,
        callback_url: str,
        agent_version: str,
        agent_token: str | None,
        agent_verify_ca: str | None = None,
        agent_status: str | None = None,
        agent_status_message: str | None = None,
    ) -> None:
        """Record a heartbeat of the node's agent, and continue the node's operation.

        :raises InvalidAgentToken: when the agent's token is not the node's.
        :raises NoFreeConductorWorker: when no worker is free for the operation; the agent sends another heartbeat.
        """

    @unlocked(since="1.2", by_agents=True)
    def get_node_for_agent(self, context: Context, node_id: NodeId) -> Node:
        """Return the node, without its agent token, if it expects an agent.

        :raises NodeNotFound: when it expects no agent.
        """

    @unlocked(since="1.4")
    def read_ramdisk_logs(self, context: Context, name: str, offset: int) -> dict[str, Any]:
        """Return a part of a file with logs that this conductor keeps: ``{"data": base64, "size": of the whole file}``.

        :raises NodeLogsNotFound: when there is no such file any more.
        """

    @shared("network boot", since="1.0", by_agents=True)
    def get_boot_script(self, context: Context, node_id: NodeId, mac: str) -> str:
        """Return the iPXE script for the node's server when it boots from the port ``mac``."""

    @unlocked(since="1.3", away=Away.ASK_NEXT, by_agents=True)
    def open_image(
        self, context: Context, node_id: NodeId, field: str, token: str
    ) -> dict[str, Any]:
        """Return how to read the image of a URL that the node's server got; see ``images.image.Origin``.

        :raises ImageNotFound: when the URL is not valid, or there is no such image any more.
        :raises TemporaryFailure: when the image's source does not answer.
        """

    @unlocked(since="1.4", away=Away.ASK_NEXT)
    def image_users(self, context: Context, image: str, name: str) -> list[str]:
        """Return the names (or else the UUIDs) of the nodes that need an image of the store now.

        These are the nodes with a running operation that uses it, and those whose instance boots it over the network.

        :param image: its UUID.
        """

    @exclusive("inspection data", since="1.1", by_agents=True)
    def continue_inspection(
        self,
        context: Context,
        node_id: NodeId,
        inventory: dict[str, Any],
        plugin_data: dict[str, Any],
    ) -> None:
        """Pass the inspection data of the ramdisk to a waiting node.

        :raises NotFound: when the node does not wait for inspection data.
        """
