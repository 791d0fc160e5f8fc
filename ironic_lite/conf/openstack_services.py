# SPDX-License-Identifier: Apache-2.0
"""keystoneauth's options for other OpenStack services: their address and the service's credentials with them."""

from typing import Any


def of_keystoneauth() -> list[Any]:
    """Return keystoneauth's options of one group; ``auth_type`` decides which of them apply."""
    # Imported here because it takes a tenth of a second, and few need it.
    from keystoneauth1 import loading

    return [
        *loading.get_auth_common_conf_options(),
        *loading.get_session_conf_options(),
        *loading.get_adapter_conf_options(include_deprecated=False),
        *loading.get_auth_plugin_conf_options("password"),
    ]
