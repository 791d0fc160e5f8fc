# SPDX-License-Identifier: Apache-2.0
"""iPXE scripts for network boot. They need no authentication, and contain no secrets.

Every script ends: a server that is unknown, or gets no answer for five minutes, continues with its next boot device.
"""

import webob

from ironic_lite.api import forms, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import operation
from ironic_lite.common import exception
from ironic_lite.conf import CONF
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
    mac = types.check_given(types.MAC, "address", mac.replace("-", ":"))
    try:
        node = Node.get_by_port_addresses(call.context, [mac])
    except exception.NodeNotFound:
        # Not an error status, because firmware would retry.
        return call.text(_for_unknown(call) or _UNKNOWN.format(mac=mac))
    conductor = call.conductors.of(node)
    return call.text(conductor.get_boot_script(call.context, node.uuid, mac))


def _for_unknown(call: Call) -> str | None:
    if not CONF.auto_discovery.enabled:
        return None
    return call.conductors.any().get_discovery_script(call.context)
