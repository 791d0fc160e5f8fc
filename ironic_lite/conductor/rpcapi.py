# SPDX-License-Identifier: Apache-2.0
"""How other processes reach conductors: one method per RPC.

All calls wait for an answer, for a bounded time. A conductor that does not answer, or that nobody can reach, raises
``ServiceUnavailable``; what the conductor raises arrives with its class and message.
"""

import contextlib
import functools
import time
from collections.abc import Callable
from typing import Any

import oslo_messaging

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception, hash_ring, release_mappings, rpc
from ironic_lite.conductor import ring, silence
from ironic_lite.conductor.allocation_calls import AllocationCalls
from ironic_lite.conductor.hardware_calls import HardwareCalls, bmc_timeout
from ironic_lite.conductor.record_calls import RecordCalls
from ironic_lite.conf import CONF
from ironic_lite.objects.base import IronicLiteObjectSerializer
from ironic_lite.objects.node import Node

TOPIC = "ironic_lite.conductor_manager"
RPC_API_VERSION = "1.3"

# A conductor at work on a call says so twice in this time (in seconds). One that has died is found out by then, long
# before the time that its work might take has passed; one on a machine that is far too busy is given the time.
SIGN_OF_WORK = 8

# A question that changes nothing goes to any conductor. It is soon put to the next one, should the first have died.
QUERY_PATIENCE = 4
QUERY_ATTEMPTS = 3

# A broker that went away is tried again this often; then the client is told to come back.
SEND_RETRIES = 1

# The broker gives a message back that no conductor has a queue for.
_TELL_IF_NOBODY_LISTENS = oslo_messaging.TransportOptions(at_least_once=True)

# The calls that conductors from before 1.3 know for the verbs with arguments, and what goes with each.
_VERBS_BEFORE: dict[str, tuple[str, dict[str, Any]]] = {
    "deploy": ("do_node_deploy", {}),
    "rebuild": ("do_node_deploy", {"rebuild": True}),
    "delete": ("do_node_tear_down", {}),
    "inspect": ("inspect_hardware", {}),
    "clean": ("do_node_clean", {}),
    "service": ("do_node_service", {}),
    "rescue": ("do_node_rescue", {}),
    "unrescue": ("do_node_unrescue", {}),
}

Context = ironic_context.RequestContext


class NoAnswer(exception.ServiceUnavailable):
    """The request was delivered, and nobody knows what became of it."""


class ConductorAPI(RecordCalls, HardwareCalls, AllocationCalls):
    """Client side of the conductor's RPC surface. Safe to share between threads.

    History of the surface:

    * 1.0: nodes, ports, power, provisioning, boot devices, agents, objects.
    * 1.1: port groups, volumes, traits, creation of ports; consoles, boot mode, RAID, indicators, virtual media,
      VIFs, vendor methods, inspection data; allocations.
    * 1.2: plans; work that is handed over; lookups whose token the API gives out.
    * 1.3: one call for all verbs of provisioning.
    """

    def __init__(self) -> None:
        release = release_mappings.pinned()
        self._client = rpc.get_client(
            oslo_messaging.Target(topic=TOPIC, version="1.0"),
            version_cap=release.rpc if release else RPC_API_VERSION,
            serializer=IronicLiteObjectSerializer(),
        )
        self._ring = ring.HashRingManager()
        self._silent = silence.SilentConductors()

    # -- whom to ask -------------------------------------------------------------------------------------------

    def get_conductor_for(self, node: ring.Placed) -> str:
        """Name of the conductor that owns the node.

        :raises NoValidHost: when no live conductor does.
        """
        return self._ring.host_for(node.driver, node.conductor_group, node.uuid)

    def conductors_of(self) -> Callable[[ring.Placed], str | None]:
        """A function that tells which conductor owns a node, or None, for the many nodes of one list."""
        rings: dict[tuple[Any, Any], hash_ring.HashRing | None] = {}

        def owner(node: ring.Placed) -> str | None:
            kind = (node.driver, node.conductor_group)
            if kind not in rings:
                rings[kind] = self._ring.ring(*kind)
            found = rings[kind]
            return None if found is None else found.host(node.uuid)

        return owner

    def get_topic_for(self, node: ring.Placed) -> str:
        """Topic of the conductor that owns the node; raises as :meth:`get_conductor_for`."""
        return f"{TOPIC}.{self.get_conductor_for(node)}"

    def get_topic_for_driver(self, driver_name: str) -> str:
        """Topic of a conductor that serves the hardware type.

        :raises DriverNotFound: when none does.
        """
        hosts = self._ring.hosts(driver_name)
        if not hosts:
            self._ring.reset()
            hosts = self._ring.hosts(driver_name)
        if not hosts:
            raise exception.DriverNotFound(driver_name=driver_name)
        return f"{TOPIC}.{min(hosts)}"

    def get_random_topic(self) -> str:
        """Topic of any conductor: the broker picks one."""
        return TOPIC

    def _call(
        self,
        context: Context,
        topic: str,
        method: str,
        version: str = "1.0",
        timeout: float | None = None,
        sign_of_work: int = SIGN_OF_WORK,
        **arguments: Any,
    ) -> Any:
        host = topic.removeprefix(f"{TOPIC}.") if topic != TOPIC else None
        allowed = timeout or CONF.rpc_response_timeout
        if host:
            self._check_heard_of(host, sign_of_work)
        client = self._client.prepare(
            server=host,
            version=version,
            timeout=allowed,
            call_monitor_timeout=sign_of_work,
            transport_options=_TELL_IF_NOBODY_LISTENS,
            retry=SEND_RETRIES,
        )
        begun = time.monotonic()
        try:
            return self._heard(host, client.call(context, method, **arguments))
        except oslo_messaging.MessagingTimeout:
            self._ring.reset()
            if host and time.monotonic() - begun < allowed:
                self._silent.missed(host)
            raise NoAnswer(
                err=f"{_called(host)} did not answer '{method}' in time; the request may or may not "
                "have been carried out. Look at the node, then retry."
            ) from None
        except Exception as exc:
            if not rpc.never_sent(exc):
                raise
            self._ring.reset()
            raise exception.ServiceUnavailable(
                err=f"{_called(host)} could not be reached; retry in a moment."
            ) from None

    def _cast(
        self, context: Context, topic: str, method: str, version: str, **arguments: Any
    ) -> None:
        """Tell a conductor something, without waiting for what it makes of it."""
        client = self._client.prepare(
            server=topic.removeprefix(f"{TOPIC}."), version=version, retry=SEND_RETRIES
        )
        client.cast(context, method, **arguments)

    def greet(self, context: Context, host: str, driver_name: str, patience: float) -> None:
        """Find out whether calls get through to a conductor, with one that changes nothing.

        :param driver_name: a hardware type that it serves.
        :param patience: seconds.
        :raises ServiceUnavailable: when they do not.
        """
        topic = f"{TOPIC}.{host}"
        self._call(
            context, topic, "get_driver_properties", timeout=patience, driver_name=driver_name
        )

    def _check_heard_of(self, host: str, patience: float) -> None:
        try:
            self._silent.check(host, patience)
        except silence.ConductorSilent:
            # The next request may find that the node has a new owner.
            self._ring.reset()
            raise

    def _heard(self, host: str | None, answer: Any) -> Any:
        if host:
            self._silent.heard(host)
        return answer

    # -- nodes -------------------------------------------------------------------------------------------------

    def create_node(self, context: Context, node_obj: Node, topic: str) -> Node:
        """Store a new node; its open interfaces get the defaults.

        :raises NodeAlreadyExists, DuplicateName, InstanceAssociated: when it clashes with another one.
        :raises InvalidParameterValue: when it names interfaces that do not fit.
        :raises DriverNotFound: when the conductor does not serve its hardware type.
        """
        return self._call(context, topic, "create_node", node_obj=node_obj)

    def update_node(
        self,
        context: Context,
        node_obj: Node,
        topic: str,
        expected: dict[str, Any] | None = None,
    ) -> Node:
        """Store the changes of a node.

        :param expected: what the changed fields were when the changes were computed.
        :raises ConcurrentUpdate: one of them is something else by now.
        :raises NodeLocked: when somebody works on it.
        :raises InvalidState: when its provision state forbids the change.
        :raises InvalidParameterValue: when it names interfaces that do not fit.
        """
        return self._call(
            context,
            topic,
            "update_node",
            node_obj=node_obj,
            expected=expected,
        )

    def destroy_node(self, context: Context, node_id: str, topic: str) -> None:
        """Delete a node and its ports.

        :raises NodeLocked: when somebody works on it.
        :raises NodeAssociated: when it has an instance.
        :raises InvalidState: when its provision state forbids it.
        """
        self._call(context, topic, "destroy_node", node_id=node_id)

    # -- power and boot ----------------------------------------------------------------------------------------

    def change_node_power_state(
        self,
        context: Context,
        node_id: str,
        new_state: str,
        topic: str,
        timeout: int | None = None,
    ) -> None:
        """Start a change of power.

        :param timeout: seconds that the change may take.
        :raises NodeLocked, NoFreeConductorWorker, InvalidParameterValue: when it cannot be started.
        """
        self._call(
            context,
            topic,
            "change_node_power_state",
            node_id=node_id,
            new_state=new_state,
            power_timeout=timeout,
        )

    def set_boot_device(
        self, context: Context, node_id: str, device: str, topic: str, persistent: bool = False
    ) -> None:
        """Set what the server boots from next, or always.

        :raises InvalidParameterValue: when the server does not offer the device.
        """
        self._call(
            context,
            topic,
            "set_boot_device",
            timeout=bmc_timeout(),
            node_id=node_id,
            device=device,
            persistent=persistent,
        )

    def get_boot_device(self, context: Context, node_id: str, topic: str) -> dict[str, Any]:
        """``{"boot_device": name or None, "persistent": True, False or None}``."""
        return self._call(context, topic, "get_boot_device", timeout=bmc_timeout(), node_id=node_id)

    def get_supported_boot_devices(self, context: Context, node_id: str, topic: str) -> list[str]:
        """What :meth:`set_boot_device` takes."""
        return self._call(context, topic, "get_supported_boot_devices", node_id=node_id)

    def validate_driver_interfaces(
        self, context: Context, node_id: str, topic: str
    ) -> dict[str, dict[str, Any]]:
        """``{interface: {"result": True, False or None, "reason": text or None}}``."""
        return self._call(context, topic, "validate_driver_interfaces", node_id=node_id)

    def get_driver_properties(
        self, context: Context, driver_name: str, topic: str
    ) -> dict[str, str]:
        """``{field of driver_info: its meaning}`` of a hardware type."""
        return self._call(context, topic, "get_driver_properties", driver_name=driver_name)

    # -- provisioning ------------------------------------------------------------------------------------------
    # Each raises InvalidStateRequested when the node's state does not know the verb, NodeInMaintenance, NodeLocked,
    # NoFreeConductorWorker, and InvalidParameterValue for arguments and settings that cannot work.

    def provision(
        self, context: Context, node_id: str, event: str, arguments: dict[str, Any], topic: str
    ) -> None:
        """Do what a verb of ``PUT states/provision`` asks for.

        :param event: of the verb, in the state machine.
        :param arguments: as the verb's declaration names them.
        """
        if self._client.can_send_version("1.3"):
            self._call(
                context,
                topic,
                "provision",
                version="1.3",
                node_id=node_id,
                event=event,
                arguments=arguments,
            )
            return
        method, given = _VERBS_BEFORE.get(event, ("do_provisioning_action", {"action": event}))
        self._call(context, topic, method, node_id=node_id, **given, **arguments)

    def do_node_deploy(
        self,
        context: Context,
        node_id: str,
        topic: str,
        rebuild: bool = False,
        configdrive: Any = None,
        deploy_steps: list[dict[str, Any]] | None = None,
    ) -> None:
        """Start a deployment."""
        self._call(
            context,
            topic,
            "do_node_deploy",
            node_id=node_id,
            rebuild=rebuild,
            configdrive=configdrive,
            deploy_steps=deploy_steps,
        )

    def do_node_tear_down(self, context: Context, node_id: str, topic: str) -> None:
        """Start to take the instance off a node."""
        self._call(context, topic, "do_node_tear_down", node_id=node_id)

    def do_provisioning_action(
        self, context: Context, node_id: str, action: str, topic: str
    ) -> None:
        """Start one of the verbs manage, provide, abort, adopt, unhold."""
        self._call(context, topic, "do_provisioning_action", node_id=node_id, action=action)

    def do_node_clean(
        self,
        context: Context,
        node_id: str,
        clean_steps: list[dict[str, Any]],
        topic: str,
        disable_ramdisk: bool = False,
    ) -> None:
        """Start manual cleaning."""
        self._call(
            context,
            topic,
            "do_node_clean",
            node_id=node_id,
            clean_steps=clean_steps,
            disable_ramdisk=disable_ramdisk,
        )

    def do_node_service(
        self,
        context: Context,
        node_id: str,
        service_steps: list[dict[str, Any]],
        topic: str,
        disable_ramdisk: bool = False,
    ) -> None:
        """Start steps on a node with an instance."""
        self._call(
            context,
            topic,
            "do_node_service",
            node_id=node_id,
            service_steps=service_steps,
            disable_ramdisk=disable_ramdisk,
        )

    def inspect_hardware(self, context: Context, node_id: str, topic: str) -> None:
        """Start an inspection."""
        self._call(context, topic, "inspect_hardware", node_id=node_id)

    def do_node_rescue(
        self, context: Context, node_id: str, rescue_password: str, topic: str
    ) -> None:
        """Start to boot the rescue ramdisk."""
        self._call(
            context, topic, "do_node_rescue", node_id=node_id, rescue_password=rescue_password
        )

    def do_node_unrescue(self, context: Context, node_id: str, topic: str) -> None:
        """Start the way back from rescue."""
        self._call(context, topic, "do_node_unrescue", node_id=node_id)

    def plan_node(
        self, context: Context, node_id: str, event: str, given: dict[str, Any], topic: str
    ) -> dict[str, Any]:
        """What would be done to a node; see ``conductor.plan``.

        :param event: of the state machine.
        :param given: ``steps`` and ``disable_ramdisk`` of cleaning and servicing.
        """
        return self._call(
            context, topic, "plan_node", version="1.2", node_id=node_id, event=event, given=given
        )

    def take_up(self, context: Context, node_id: str, topic: str) -> None:
        """Tell a conductor to go on with what another one has left off on a node."""
        self._cast(context, topic, "take_up", version="1.2", node_id=node_id)

    # -- agents ------------------------------------------------------------------------------------------------

    def heartbeat(
        self,
        context: Context,
        node_id: str,
        callback_url: str,
        agent_version: str,
        agent_token: str | None,
        topic: str,
        agent_verify_ca: str | None = None,
        agent_status: str | None = None,
        agent_status_message: str | None = None,
    ) -> None:
        """The node's agent has called.

        :raises InvalidAgentToken: when it does not hold the node's token.
        :raises NoFreeConductorWorker: when its flow cannot go on now; the agent calls again.
        """
        self._call(
            context,
            topic,
            "heartbeat",
            node_id=node_id,
            callback_url=callback_url,
            agent_version=agent_version,
            agent_token=agent_token,
            agent_verify_ca=agent_verify_ca,
            agent_status=agent_status,
            agent_status_message=agent_status_message,
        )

    def get_node_for_agent(self, context: Context, node_id: str, topic: str) -> Node:
        """The node, if an agent may look it up now.

        From conductors of before 1.2 it comes with a new token in ``agent_secret_token``, which is told this once.

        :raises NodeNotFound: when it expects no agent.
        """
        if not self._client.can_send_version("1.2"):
            return self._call(context, topic, "get_node_with_token", node_id=node_id)
        return self._call(context, topic, "get_node_for_agent", version="1.2", node_id=node_id)

    def get_boot_script(self, context: Context, node_id: str, mac: str, topic: str) -> str:
        """The iPXE script for a server of this node that boots from ``mac``."""
        return self._call(context, topic, "get_boot_script", node_id=node_id, mac=mac)

    # -- objects -----------------------------------------------------------------------------------------------

    def object_class_action_versions(
        self,
        context: Context,
        objname: str,
        objmethod: str,
        object_versions: dict[str, str],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run a query of an object class on a conductor; answered in ``object_versions``."""
        ask = functools.partial(
            self._call,
            context,
            TOPIC,
            "object_class_action_versions",
            sign_of_work=QUERY_PATIENCE,
            objname=objname,
            objmethod=objmethod,
            object_versions=object_versions,
            args=args,
            kwargs=kwargs,
        )
        for _ in range(QUERY_ATTEMPTS - 1):
            with contextlib.suppress(NoAnswer):
                return ask()
        return ask()

    def object_action(
        self,
        context: Context,
        objinst: Any,
        objmethod: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> tuple[dict[str, Any], Any]:
        """Run a method of an object on a conductor; returns its changed fields and the result."""
        return self._call(
            context,
            TOPIC,
            "object_action",
            objinst=objinst,
            objmethod=objmethod,
            args=args,
            kwargs=kwargs,
        )

    def object_backport_versions(
        self, context: Context, objinst: Any, object_versions: dict[str, str]
    ) -> Any:
        """Have a conductor turn an object that is too new into ``object_versions``."""
        return self._call(
            context,
            TOPIC,
            "object_backport_versions",
            objinst=objinst,
            object_versions=object_versions,
        )


def _called(host: str | None) -> str:
    return f"Conductor '{host}'" if host else "The conductors"
