# SPDX-License-Identifier: Apache-2.0
"""How other API processes reach this one."""

import ipaddress

from ironic_lite.conf import CONF


def url() -> str:
    """Return the URL of this machine's API for other API processes, without a slash at its end."""
    if CONF.image_store.peer_url:
        return str(CONF.image_store.peer_url).rstrip("/")
    scheme = "https" if CONF.api.ssl_cert_file else "http"
    host = CONF.api.host_ip
    try:
        if ipaddress.ip_address(host).is_unspecified:
            host = CONF.host
    except ValueError:
        pass
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{CONF.api.port}"
