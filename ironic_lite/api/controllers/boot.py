# SPDX-License-Identifier: Apache-2.0
"""iPXE scripts for network boot, and what they report. They need no authentication, and contain no secrets.

Every script ends: a server that is unknown, or gets no answer for five minutes, continues with its next boot device.
"""

import webob

from ironic_lite.api import forms, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import operation
from ironic_lite.common import boot_stages, exception, ipxe_errors
from ironic_lite.common import journal as terms
from ironic_lite.conf import CONF
from ironic_lite.objects import boot_notes
from ironic_lite.objects.node import Node

_ENTRY = """\
#!ipxe
# DHCP sends every server here. Its own script follows, by the MAC address of the boot interface.
set tries:int32 0
:retry
chain --autofree {base}/boot/${{mac:hexhyp}} && exit ||
inc tries
iseq ${{tries}} 30 && goto give_up ||
echo The provisioning service has no script for this server now; retrying in 10 s.
sleep 10
goto retry
:give_up
echo The provisioning service sent no script for 5 minutes; continuing with the next boot device.
exit
"""

_UNKNOWN = """\
#!ipxe
echo No node has a port with the address {mac}; continuing with the next boot device.
exit
"""


@operation(None, forms.TEXT)
def entry(call: Call) -> webob.Response:
    """``GET /boot.ipxe``"""
    return call.text(_ENTRY.format(base=call.base))


@operation(None, forms.TEXT)
def script(call: Call, mac: str) -> webob.Response:
    """``GET /boot/{mac with hyphens}``: the script of the node that has a port with this address.

    :raises InvalidParameterValue: the name is not a MAC address.
    """
    mac = _address(mac)
    try:
        node = Node.get_by_port_addresses(call.context, [mac])
    except exception.NodeNotFound:
        # Not an error status, because firmware would retry.
        return call.text(_for_unknown(call) or _UNKNOWN.format(mac=mac))
    try:
        conductor = call.conductors.of(node)
        return call.text(conductor.get_boot_script(call.context, node.uuid, mac))
    except exception.TemporaryFailure as exc:
        # No conductor has noted it.
        stage = boot_stages.SCRIPT.name
        boot_notes.note(call.context, node.id, stage, terms.FAILED, exc.message)
        raise


@operation(
    None,
    forms.Form(
        query={"part": types.Word(*boot_stages.REPORTED), "error": types.Text(16)},
        reply=types.WORD.schema,
        media="text/plain",
    ),
)
def failed(
    call: Call, mac: str, part: str | None = None, error: str | None = None
) -> webob.Response:
    """``GET /boot/{mac with hyphens}/failed``: a script reports that iPXE could not load a part of what it boots.

    :raises InvalidParameterValue: the name is not a MAC address, or ``part`` is not one of those that scripts name.
    """
    mac = _address(mac)
    if part not in boot_stages.REPORTED:
        raise exception.InvalidParameterValue(
            f"part must be one of {', '.join(boot_stages.REPORTED)}."
        )
    try:
        node = Node.get_by_port_addresses(call.context, [mac])
    except exception.NodeNotFound:
        return call.text("No node has a port with this address.\n")
    detail = f"iPXE reports: {ipxe_errors.meaning(error or '')}"
    boot_notes.note(call.context, node.id, boot_stages.REPORTED[part], terms.FAILED, detail)
    return call.text("It is in the node's journal.\n")


def _for_unknown(call: Call) -> str | None:
    if not CONF.auto_discovery.enabled:
        return None
    return call.conductors.any().get_discovery_script(call.context)


def _address(name: str) -> str:
    return str(types.check_given(types.MAC, "address", name.replace("-", ":")))
