# SPDX-License-Identifier: Apache-2.0
"""Sessions with other OpenStack services, with the credentials of their configuration groups.

A group has keystoneauth's options of authentication, session and adapter. Libraries are imported when the first session
is made, because most installations have no other services.
"""

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter
    from keystoneauth1.session import Session
    from openstack.connection import Connection
    from openstack.proxy import Proxy

SERVICE_TYPES = {
    "cinder": "block-storage",
    "glance": "image",
    "neutron": "network",
    "nova": "compute",
}
"""Configuration group -> type of the service in Keystone's catalogue. The group's ``service_type`` overrides it."""

_PROVES_TO_BE_A_SERVICE = frozenset({"cinder"})
"""Groups whose requests carry a service token too: Cinder lets only services delete an attachment that is in use."""


FOREIGN = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What openstacksdk and keystoneauth raise when whatever has the service's address answers with other JSON, or none."""

PATIENCE = 60.0
"""Seconds to wait for an answer, unless the group's ``timeout`` or ``request_timeout`` says otherwise."""

_VERSIONS = {"cinder": "/v3", "neutron": "/v2"}
"""What the address of a service contains once openstacksdk has found it properly."""

_proxies: dict[str, "Proxy"] = {}


def session(group: str) -> "Session":
    """Return the session with the credentials of a group. All threads share it.

    :raises ConfigInvalid: when the credentials are missing or wrong; the message names the group.
    """
    return _session(group)


def adapter(group: str) -> "Adapter":
    """Return a client that sends raw requests to the service of a group.

    :raises ConfigInvalid: as :func:`session`.
    """
    from keystoneauth1 import loading

    authenticated = session(group)
    section = CONF[group]
    kind = {} if section.service_type else {"service_type": SERVICE_TYPES[group]}
    made: Adapter = loading.load_adapter_from_conf_options(
        CONF, group, session=authenticated, auth=authenticated.auth, **kind
    )
    return made


def connection(group: str) -> "Connection":
    """Return openstacksdk's connection to the service of a group, with the address options of that group.

    :raises ConfigInvalid: as :func:`session`, or when openstacksdk is not installed.
    """
    try:
        from openstack.connection import Connection
    except ImportError:
        raise exception.ConfigInvalid(
            error_msg=f"[{group}] requires openstacksdk; install ironic-lite[openstack]."
        ) from None
    made: Connection = Connection(
        session=session(group), oslo_conf=CONF, service_types=[SERVICE_TYPES[group]]
    )
    return made


def checked(record: Any, field: str = "id") -> Any:
    """Return a record of openstacksdk, which makes one of every answer.

    :param field: one that every such record has as a text. A record that was requested by its id has that in any case.
    :raises ValueError: when it is missing, so the answer was not the service's.
    """
    for name in ("id", field):
        value = getattr(record, name)
        if not isinstance(value, str) or not value:
            raise ValueError(f"the record in the answer has no {name}")
    return record


def proxy(group: str) -> "Proxy | None":
    """Return openstacksdk's methods for the service of a group; None when it is not found in Keystone's catalogue.

    All threads share one that has found its service properly. Each thread that finds none makes its own, because
    connections are not safe for threads while they look for the service; and one that has found another address is not
    kept, because it would never look again.

    :raises ConfigInvalid: as :func:`connection`.
    """
    if group not in _proxies:
        from openstack.proxy import Proxy

        made = getattr(connection(group), SERVICE_TYPES[group].replace("-", "_"))
        if not isinstance(made, Proxy):
            return None
        if _VERSIONS[group] not in (made.get_endpoint() or ""):
            return made
        _proxies[group] = made
    return _proxies[group]


def problems() -> Iterator[str]:
    """Yield what the groups of the services that this conductor uses lack. Asks nobody."""
    uses: dict[str, Callable[[str], object]] = {}
    if {"flat", "neutron"}.intersection(CONF.enabled_network_interfaces):
        uses["neutron"] = connection
    if CONF.nova.send_power_notifications:
        uses["nova"] = adapter
    if "glance" in CONF.list_all_sections() and _names_credentials("glance"):
        uses["glance"] = adapter
    for group, use in uses.items():
        try:
            use(group)
        except exception.ConfigInvalid as exc:
            yield exc.message


def _names_credentials(group: str) -> bool:
    from keystoneauth1 import loading

    loading.register_auth_conf_options(CONF, group)
    return bool(CONF[group].auth_type or CONF[group].auth_section)


def forget() -> None:
    """Make new sessions from the configuration. Tests call it when the configuration changes."""
    _session.cache_clear()
    _proxies.clear()


@functools.cache
def _session(group: str) -> "Session":
    from keystoneauth1 import exceptions, loading, service_token

    loading.register_auth_conf_options(CONF, group)
    loading.register_session_conf_options(CONF, group)
    loading.register_adapter_conf_options(CONF, group, include_deprecated=False)
    try:
        auth: Any = loading.load_auth_from_conf_options(CONF, group)
    except exceptions.ClientException as exc:
        raise exception.ConfigInvalid(error_msg=f"[{group}]: {exc}") from None
    if auth is None:
        raise exception.ConfigInvalid(
            error_msg=f"[{group}] requires auth_type and its options in the same group."
        )
    made: Session = loading.load_session_from_conf_options(CONF, group, auth=auth)
    if made.timeout is None:
        made.timeout = float(getattr(CONF[group], "request_timeout", PATIENCE))
    if group in _PROVES_TO_BE_A_SERVICE and CONF[group].auth_type != "none":
        made.auth = service_token.ServiceTokenAuthWrapper(user_auth=auth, service_auth=auth)
    return made
