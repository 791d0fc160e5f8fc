# SPDX-License-Identifier: Apache-2.0
"""Where servers reach the API."""

from oslo_utils import netutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF, kinds


def url() -> str:
    """Return the URL at which a booting server reaches the API.

    :raises InvalidParameterValue: when the API listens on all addresses and ``[api] public_endpoint`` is not set.
    """
    if CONF.api.public_endpoint:
        return str(CONF.api.public_endpoint).rstrip("/")
    host = CONF.api.host_ip
    if kinds.is_wildcard(host):
        raise exception.InvalidParameterValue(
            err=f"The API listens on {host}, which servers cannot connect to. Set [api] public_endpoint to the URL "
            "that servers reach it at."
        )
    scheme = "https" if CONF.api.ssl_cert_file else "http"
    return f"{scheme}://{netutils.escape_ipv6(host)}:{CONF.api.port}"
