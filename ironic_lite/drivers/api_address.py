# SPDX-License-Identifier: Apache-2.0
"""Where servers reach the API."""

import ipaddress

from ironic_lite.common import exception
from ironic_lite.conf import CONF


def url() -> str:
    """Return the URL at which a booting server reaches the API.

    :raises InvalidParameterValue: when the API listens on all addresses and ``[api] public_endpoint`` is not set.
    """
    if CONF.api.public_endpoint:
        return str(CONF.api.public_endpoint).rstrip("/")
    host = CONF.api.host_ip
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        if address.is_unspecified:
            raise exception.InvalidParameterValue(
                err=f"The API listens on {host}, which servers cannot connect to. Set [api] public_endpoint to the URL "
                "that servers reach it at."
            )
        if address.version == 6:
            host = f"[{address}]"
    scheme = "https" if CONF.api.ssl_cert_file else "http"
    return f"{scheme}://{host}:{CONF.api.port}"
