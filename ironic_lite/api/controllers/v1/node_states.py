# SPDX-License-Identifier: Apache-2.0
"""The states of a node: showing them, and requests to change them."""

import contextlib
from collections.abc import Iterator
from typing import Any

import webob

from ironic_lite.api import replies, sizes, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import provisioning, runbooks
from ironic_lite.api.controllers.v1.route_access import (
    OnNode,
    OnNodeByBody,
    allowed,
    on_node,
    operation,
)
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.node import NODE, STATES
from ironic_lite.common import exception, operations, states
from ironic_lite.common.operations import provision_states
from ironic_lite.objects.node import Node

BOOT_MODE_SINCE = 76
"""First microversion (1.N) that changes boot mode and secure boot."""
_SOFT_SINCE = 27
_SOFT = (states.SOFT_POWER_OFF, states.SOFT_REBOOT)

_MAX_TIMEOUT = 24 * 60 * 60

POWER = types.body_class(
    "PowerTarget",
    {"target": types.Word(*states.POWER_TARGETS), "timeout": types.INTEGER},
    mandatory=["target"],
)


ENABLED = {"enabled": types.BOOLEAN}
CONSOLE = types.body_class("Console", ENABLED)
_BOOT_MODES = ("bios", "uefi")
BOOT_MODE = types.body_class("BootMode", {"target": types.Word(*_BOOT_MODES)}, mandatory=["target"])
# The properties of a disk depend on the hardware; see ``logical_disk_properties``.
TARGET_RAID_CONFIG = {
    "type": "object",
    "properties": {"logical_disks": {"type": "array", "items": {"type": "object"}}},
}
SECURE_BOOT = types.body_class("SecureBoot", {"target": types.BOOLEAN}, mandatory=["target"])


@on_node("node:get_states", Form(query_first=True, reply=STATES))
def show(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/states``"""
    return call.reply(call.shown(node))


@on_node("node:get_console", Form(reply=replies.CONSOLE))
def show_console(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/states/console``"""
    information = None
    if node.console_enabled:
        conductor = call.conductors.of(node)
        information = conductor.get_console_information(call.context, node.uuid)
    return call.reply({"console_enabled": node.console_enabled, "console_info": information})


@on_node("node:set_console_state", Form(query=ENABLED, body=CONSOLE, status=202))
def set_console(call: Call, node: Node, enabled: bool | None = None) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/console``; the argument comes in the body or in the query."""
    if enabled is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: enabled")
    call.conductors.of(node).set_console_mode(call.context, node.uuid, enabled)
    return call.empty(202, call.url(f"nodes/{node.uuid}/states/console"))


@on_node("node:set_raid_state", Form(body=TARGET_RAID_CONFIG, status=204))
def set_raid(call: Call, node: Node, body: Any) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/raid``: sets the target of the next RAID configuration."""
    wanted = types.check_given(types.OBJECT, "target_raid_config", body)
    sizes.check("target_raid_config", wanted)
    with _absent_if_unsupported():
        call.conductors.of(node).set_target_raid_config(call.context, node.uuid, wanted)
    return call.empty(204)


@allowed("driver:get_raid_logical_disk_properties", Form(reply=replies.MEANINGS))
def logical_disk_properties(call: Call, driver: str) -> webob.Response:
    """``GET /v1/drivers/{driver}/raid/logical_disk_properties``: the properties of a disk for ``set_raid``."""
    conductor = call.conductors.serving(driver)
    with _absent_if_unsupported():
        return call.reply(conductor.get_raid_logical_disk_properties(call.context, driver))


@contextlib.contextmanager
def _absent_if_unsupported() -> Iterator[None]:
    """Turn the error of a node without RAID into a 404, because it has no such resource."""
    try:
        yield
    except exception.UnsupportedDriverExtension as exc:
        raise exception.NotFound(exc.message) from None


@operation(
    OnNode(NODE.rule_for("boot_mode", None)),
    Form(body=BOOT_MODE, status=202, since=BOOT_MODE_SINCE),
)
def set_boot_mode(call: Call, node: Node, target: str | None) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/boot_mode``"""
    if target not in _BOOT_MODES:
        raise exception.InvalidParameterValue(
            f"Invalid boot mode {target} requested for node. "
            f"Allowed boot modes are: {', '.join(_BOOT_MODES)}"
        )
    call.conductors.of(node).set_boot_mode(call.context, node.uuid, target)
    return _accepted(call, node)


@operation(
    OnNode(NODE.rule_for("secure_boot", None)),
    Form(body=SECURE_BOOT, status=202, since=BOOT_MODE_SINCE),
)
def set_secure_boot(call: Call, node: Node, target: bool | None) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/secure_boot``"""
    if target is None:
        raise exception.InvalidParameterValue(
            "Invalid secure_boot None requested for node. Allowed secure_boot states are: True, False"
        )
    call.conductors.of(node).set_secure_boot(call.context, node.uuid, target)
    return _accepted(call, node)


@on_node("node:set_power_state", Form(body=POWER, status=202))
def set_power(
    call: Call, node: Node, target: str | None, timeout: int | None = None
) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/power``"""
    if call.minor < _SOFT_SINCE and (target in _SOFT or timeout is not None):
        raise exception.NotAcceptable()
    if timeout is not None and timeout < 1:
        raise exception.Invalid("timeout has to be positive integer")
    if timeout is not None and timeout > _MAX_TIMEOUT:
        raise exception.Invalid(f"timeout is too long: at most {_MAX_TIMEOUT} seconds")
    cleaning = provision_states.is_in(node.provision_state, operations.CLEANING)
    if target not in states.POWER_TARGETS or cleaning:
        state = node.provision_state if cleaning else node.power_state
        raise exception.InvalidStateRequested(action=target, node=node.uuid, state=state)
    call.conductors.of(node).change_node_power_state(
        call.context, node.uuid, target, power_timeout=timeout
    )
    return _accepted(call, node)


@operation(
    OnNodeByBody(provisioning.rules, provisioning.RULES, provisioning.RULE),
    Form(
        body=provisioning.BODY,
        most="max_provision_body_size",
        status=202,
        asks=(runbooks.TO_USE,),
    ),
)
def set_provision(call: Call, node: Node, target: Any, **arguments: Any) -> webob.Response:
    """``PUT /v1/nodes/{node}/states/provision``"""
    provisioning.request(call, node, target, arguments)
    return _accepted(call, node)


def _accepted(call: Call, node: Node) -> webob.Response:
    return call.empty(202, call.url(f"nodes/{node.uuid}/states"))
