# SPDX-License-Identifier: Apache-2.0
"""Network boot: the scripts that servers fetch. Without authentication; a script holds no secret."""

import webob

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.objects.node import Node

_ENTRY = """\
#!ipxe
# What DHCP hands to every server. Its own script follows, by the address of the card it boots from.
:retry
chain --autofree {base}/boot/${{mac:hexhyp}} && exit ||
echo This server is not known here, or the service does not answer; trying again in 10 s.
sleep 10
goto retry
"""


def entry(call: Call) -> webob.Response:
    """``GET /boot.ipxe``"""
    return call.text(_ENTRY.format(base=call.view.base))


def script(call: Call, name: str) -> webob.Response:
    """``GET /boot/{mac with hyphens}``: the script of the node that has a port with this address.

    :raises InvalidParameterValue: that is no address.
    :raises NodeNotFound: no port has it.
    """
    mac = types.check(types.MAC, "address", name.replace("-", ":"))
    node = Node.get_by_port_addresses(call.context, [mac])
    topic = call.conductors.get_topic_for(node)
    return call.text(call.conductors.get_boot_script(call.context, node.uuid, mac, topic))
