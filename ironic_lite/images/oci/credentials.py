# SPDX-License-Identifier: Apache-2.0
"""The user and password for a registry."""

import base64
import binascii
from pathlib import Path
from typing import NamedTuple

from oslo_log import log

from ironic_lite.common import json_reading
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)


class Credentials(NamedTuple):
    """A user, which is empty beside a token, and a password."""

    user: str
    password: str


def of(host: str, pull_secret: str | None) -> Credentials | None:
    """Return the credentials for a registry: the pull secret, or else those that the operator has configured.

    :param pull_secret: ``user:password``, or a token.
    """
    if pull_secret:
        return _split(pull_secret)
    configured = _configured(host)
    return None if configured is None else _split(configured)


def may_get(host: str, registry: str) -> bool:
    """Tell whether a host may get the credentials of a registry, which has named it for its tokens."""
    own, other = (each.rpartition(":")[0] or each for each in (registry, host))
    if other in (own, *CONF.oci.secure_cdn_registries) or host in CONF.oci.secure_cdn_registries:
        return True
    # auth.example.org for registry.example.org, and example.org for registry.example.org.
    parent = own.partition(".")[2]
    return "." in parent and not parent.replace(".", "").isdigit() and _is_within(other, parent)


def _is_within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _split(secret: str) -> Credentials:
    user, colon, password = secret.partition(":")
    return Credentials(user, password) if colon else Credentials("", secret)


def _configured(host: str) -> str | None:
    file = CONF.oci.authentication_config
    if not file:
        return None
    try:
        read = json_reading.read(Path(file).read_bytes())
        auth = read["auths"][host]["auth"]
    except KeyError:
        return None
    except (OSError, TypeError, json_reading.Unreadable) as exc:
        LOG.warning("[oci] authentication_config cannot be used: %s", type(exc).__name__)
        return None
    try:
        return base64.b64decode(auth, validate=True).decode()
    except (binascii.Error, ValueError, TypeError):
        return str(auth)
