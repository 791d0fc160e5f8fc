# SPDX-License-Identifier: Apache-2.0
"""The archive in which an agent sends the logs of its ramdisk: gzipped tar in base64. The service never unpacks it."""

import base64
import binascii
from typing import Any

from ironic_lite.conf import CONF

KEY = "ramdisk_logs"
"""Key in the plugin data of an inspection, on the way to the conductor: the archive as the ramdisk sent it."""

MOST_SENT = 8 * 1024 * 1024
"""Characters of such an archive; the message bus would not carry a much larger one."""

_GZIP = b"\x1f\x8b"
_MIB = 1024 * 1024


def decoded(sent: Any) -> bytes:
    """Return the archive.

    :raises ValueError: when it is no archive, or larger than ``[agent] deploy_logs_max_size``.
    """
    most = CONF.agent.deploy_logs_max_size * _MIB
    if not isinstance(sent, str):
        raise ValueError("the agent sent none")
    if len(sent) > most * 4 // 3 + 4:
        raise ValueError(
            f"they are larger than {CONF.agent.deploy_logs_max_size} MiB ([agent] deploy_logs_max_size)"
        )
    try:
        content = base64.b64decode(sent, validate=True)
    except binascii.Error:
        raise ValueError("they are not base64") from None
    if not content.startswith(_GZIP):
        raise ValueError("they are not compressed with gzip")
    return content
