# SPDX-License-Identifier: Apache-2.0
"""The one way out to addresses that somebody named: clients, lessees, agents.

* :mod:`addresses` decides which addresses the service connects to;
* :mod:`url` reads URLs;
* :mod:`connections` makes HTTP connections that ask :mod:`addresses` before and after they connect, and end in time;
* :mod:`checking` asks whether a file is there.

Proxies and credentials of the service are never used. Whoever named a URL does not learn from the answer what is on the
other side: see :class:`OutboundError`.
"""

from ironic_lite.common.outbound.checking import Found, call, find
from ironic_lite.common.outbound.errors import OutboundError
from ironic_lite.common.outbound.url import check_url, parse

__all__ = ["Found", "OutboundError", "call", "check_url", "find", "parse"]
