# SPDX-License-Identifier: Apache-2.0
"""Checks the options in ``[auto_discovery]`` before anything starts."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path

from ironic_lite.conductor.discovery import names
from ironic_lite.conf import CONF

_AUTOMATICALLY = "automatically"


def problems() -> Iterator[str]:
    """Yield a message for each option that is wrong or missing."""
    options = CONF.auto_discovery
    if not options.enabled:
        return
    yield from names.problems()
    for network in options.bmc_networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            yield f"[auto_discovery] bmc_networks has '{network}', which is no network such as 192.0.2.0/24."
    if options.accept != _AUTOMATICALLY:
        return
    for name in ("bmc_username", "bmc_password_file", "bmc_networks"):
        if not options[name]:
            yield f"[auto_discovery] accept is '{_AUTOMATICALLY}', which needs {name}."
    file = options.bmc_password_file
    if file and not Path(file).is_file():
        yield f"[auto_discovery] bmc_password_file: there is no file {file}."
