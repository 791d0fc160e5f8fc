# SPDX-License-Identifier: Apache-2.0
"""Network boot: the scripts that servers fetch. Without authentication; a script holds no secret.

Every script ends: a server that nobody here knows, or that gets no answer for five minutes, goes on to its next boot
device.
"""

import webob

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.common import exception
from ironic_lite.objects.node import Node

_ENTRY = """\
#!ipxe
# What DHCP hands to every server. Its own script follows, by the address of the card it boots from.
set tries:int32 0
:retry
chain --autofree {base}/boot/${{mac:hexhyp}} && exit ||
inc tries
iseq ${{tries}} 30 && goto give_up ||
echo The provisioning service has no script for this server now; trying again in 10 s.
sleep 10
goto retry
:give_up
echo The provisioning service gave no script for 5 minutes; going on to the next boot device.
exit
"""

_UNKNOWN = """\
#!ipxe
echo No node has a port with the address {mac}; going on to the next boot device.
exit
"""


def entry(call: Call) -> webob.Response:
    """``GET /boot.ipxe``"""
    return call.text(_ENTRY.format(base=call.base))


def script(call: Call, name: str) -> webob.Response:
    """``GET /boot/{mac with hyphens}``: the script of the node that has a port with this address.

    :raises InvalidParameterValue: that is no address.
    """
    mac = types.check(types.MAC, "address", name.replace("-", ":"))
    try:
        node = Node.get_by_port_addresses(call.context, [mac])
    except exception.NodeNotFound:
        # With an error, firmware would try again; this answer is final.
        return call.text(_UNKNOWN.format(mac=mac))
    conductor = call.conductors.of(node)
    return call.text(conductor.get_boot_script(call.context, node.uuid, mac))
