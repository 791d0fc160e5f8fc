# SPDX-License-Identifier: Apache-2.0
"""URLs at which one server downloads one image from the API, for as long as it needs it.

A URL names the node and the field of the image, and carries a token. The token is not stored: it is computed from a
secret of the node, which is encrypted in the database and shown to nobody, and from the operation for which it is
valid. So a URL ends with the operation, whichever conductor ends it. An instance that lives in memory is booted at
any time; the URLs of its files end after ``[images] boot_url_lifetime``, and with the instance.
"""

import hashlib
import hmac
import secrets
import time
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers import api_address

PATH = "/images/"
SECRET = "image_link_secret"  # noqa: S105 - a key
"""Key in ``driver_internal_info``: the secret that tokens are computed from."""

_SECRET_BYTES = 32
_FOR_OPERATION = 0
_BOOTED_ANY_TIME = frozenset({"kernel", "ramdisk", "boot_iso"})


def prepare(node: Any) -> None:
    """Give the node the secret for its URLs, if it has none. The caller saves the node."""
    if not node.driver_internal_info.get(SECRET):
        node.set_driver_internal_info(SECRET, secrets.token_urlsafe(_SECRET_BYTES))


def revoke(node: Any) -> None:
    """End all URLs of the node. The caller saves the node."""
    node.del_driver_internal_info(SECRET)


def url(node: Any, field: str) -> str:
    """Return the URL of the image in a field; valid for the node's operation, or for a while if an instance boots it.

    :raises InvalidParameterValue: when servers cannot reach the API; or the node was not prepared.
    """
    expires = _FOR_OPERATION
    if field in _BOOTED_ANY_TIME:
        expires = int(time.time()) + int(CONF.images.boot_url_lifetime)
    token = _token(node, field, expires)
    if token is None:
        raise exception.InvalidParameterValue(
            err=f"Node {node.uuid} has no secret for the URLs of its images: its operation was started by an older "
            "release. Start it again."
        )
    return f"{place(node, field)}?token={token}"


def place(node: Any, field: str) -> str:
    """Return the URL without its token, for display; raises as :func:`url`."""
    return f"{api_address.url()}{PATH}{node.uuid}/{field}"


def is_valid(node: Any, field: str, token: str) -> bool:
    """Tell whether the token is one for this image, and still valid."""
    expires, _, _mac = token.partition("-")
    if not (expires.isascii() and expires.isdecimal() and len(expires) <= 12):
        return False
    when = int(expires)
    if field in _BOOTED_ANY_TIME:
        if when < time.time():
            return False
    elif when != _FOR_OPERATION or node.operation is None:
        return False
    wanted = _token(node, field, when)
    return wanted is not None and hmac.compare_digest(wanted.encode(), token.encode())


def _token(node: Any, field: str, expires: int) -> str | None:
    secret = node.driver_internal_info.get(SECRET)
    if not isinstance(secret, str) or not secret:
        return None
    operation = "" if field in _BOOTED_ANY_TIME else node.operation or ""
    about = f"{node.uuid} {field} {operation} {expires}"
    return f"{expires}-{hmac.new(secret.encode(), about.encode(), hashlib.sha256).hexdigest()}"
