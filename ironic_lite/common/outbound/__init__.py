# SPDX-License-Identifier: Apache-2.0
"""All connections to addresses that clients, lessees or agents have named.

* :mod:`addresses` decides which addresses the service connects to;
* :mod:`url` reads URLs;
* :mod:`connections` makes HTTP connections that check :mod:`addresses` before and after connecting, and have a
deadline; * :mod:`checking` checks whether a file exists.

Proxies and credentials of the service are never used. The client that named a URL does not learn from the answer what
is at that address: see :class:`OutboundError`.
"""

from ironic_lite.common.outbound.checking import Found, call, find
from ironic_lite.common.outbound.errors import OutboundError
from ironic_lite.common.outbound.url import check_url, parse

__all__ = ["Found", "OutboundError", "call", "check_url", "find", "parse"]
