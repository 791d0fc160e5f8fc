# SPDX-License-Identifier: Apache-2.0
"""What a server boots that no node is known for."""

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.pxe import discovery
from ironic_lite.objects import server_identity

LOG = log.getLogger(__name__)


def script(_context: ironic_context.RequestContext) -> str | None:
    """See ``NodeCalls.get_discovery_script``."""
    options = CONF.auto_discovery
    if not options.enabled:
        return None
    if server_identity.waiting() >= options.max_waiting:
        LOG.warning(
            "An unknown server boots its disk, because %d discovered servers wait to be accepted "
            "([auto_discovery] max_waiting)",
            options.max_waiting,
        )
        return None
    try:
        return discovery.script()
    except exception.IronicLiteError as exc:
        LOG.error("Unknown servers cannot be inspected: %s", exc.message)
        return None
