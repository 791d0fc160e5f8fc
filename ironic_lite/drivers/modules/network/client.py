# SPDX-License-Identifier: Apache-2.0
"""Requests to Neutron, through openstacksdk. Every error is a :class:`NetworkError` that says what to do.

A request takes ``[neutron] timeout`` at most, and is sent again when Neutron cannot be reached.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from oslo_log import log
from oslo_utils import uuidutils

from ironic_lite.common import exception, json_reading, openstack_services, redaction
from ironic_lite.conf import CONF
from ironic_lite.conf.neutron import GROUP

LOG = log.getLogger(__name__)

BAREMETAL, SMART_NIC = "baremetal", "smart-nic"
"""``binding:vnic_type`` of a port that a switch connects, and of one that a smart NIC connects."""

ACTIVE = "ACTIVE"
BINDING_FAILED = "binding_failed"
UNBOUND = ("", "unbound", BINDING_FAILED)
"""``binding:vif_type`` of ports whose MAC address Neutron lets change."""

_ADVICE = {
    401: "Check the credentials in [neutron].",
    403: "The user in [neutron] needs the roles admin and service.",
    409: "Resolve the conflict in Neutron, then try again.",
    429: "Try again later.",
    503: "Try again when Neutron works again.",
}
_NO_ANSWER = "Check that Neutron runs and that [neutron] has its address, then try again."
_FAILED = "See the log of Neutron, then try again."
_TELLING = {
    "port": "network_id",
    "network": "status",
    "subnet": "network_id",
    "segment": "network_id",
}
"""A field of each kind of record that is never empty."""

_FOREIGN = "Something else seems to have the address that is in [neutron] or in Keystone's catalogue; correct it."
_BLIND = (
    "Try again if Neutron has just started: it shows nothing until it has read its policies. Otherwise check that the "
    "user in [neutron] has the role admin, and that the address of Neutron is right."
)


@dataclasses.dataclass(frozen=True)
class Port:
    """A port in Neutron.

    :param host: ``binding:host_id``; empty when it is not bound.
    :param addresses: ``{"subnet_id", "ip_address"}`` of each fixed IP address.
    """

    id: str
    name: str
    network_id: str
    mac: str
    status: str
    host: str
    vif_type: str
    vnic_type: str
    profile: Mapping[str, Any]
    device_id: str
    owner: str
    project_id: str | None
    addresses: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, found: Any) -> Self:
        """Return the port of openstacksdk's resource. Raises ValueError if that is none."""
        openstack_services.checked(found, "network_id")
        return cls(
            id=found.id,
            name=found.name or "",
            network_id=found.network_id,
            mac=found.mac_address or "",
            status=found.status or "",
            host=found.binding_host_id or "",
            vif_type=found.binding_vif_type or "",
            vnic_type=found.binding_vnic_type or "",
            profile=found.binding_profile or {},
            device_id=found.device_id or "",
            owner=found.device_owner or "",
            project_id=found.project_id,
            addresses=tuple(found.fixed_ips or ()),
        )

    @property
    def is_bound(self) -> bool:
        """Whether a mechanism driver has bound it."""
        return bool(self.host) and self.vif_type not in UNBOUND


class Neutron:
    """A client for one visit to a node.

    All methods raise ``NetworkError`` when Neutron does not answer or refuses the request, and ``ConfigInvalid`` when
    ``[neutron]`` has no credentials.

    :param ensure_locked: called immediately before each request that changes something; raises ``NodeLockLost``.
    """

    def __init__(self, ensure_locked: Callable[[], None]) -> None:
        self._ensure_locked = ensure_locked

    # -- reading -------------------------------------------------------------------------------------------------

    def port(self, port_id: str) -> Port | None:
        """Return a port; None if there is no such port."""
        found = self._get("port", port_id)
        return None if found is None else Port.of(found)

    def ports(self, **query: Any) -> list[Port]:
        """Return the ports that match Neutron's query arguments."""
        with _errors("list the ports") as network:
            return [Port.of(found) for found in network.ports(**query)]

    def network(self, network_id: str) -> Any:
        """Return openstacksdk's record of a network; None if there is no such network."""
        return self._get("network", network_id)

    def networks_named(self, ident: str) -> list[Any]:
        """Return openstacksdk's records of the networks with this UUID or name."""
        if uuidutils.is_uuid_like(ident) and (found := self.network(ident)) is not None:
            return [found]
        with _errors(f"find network {ident}") as network:
            found = [openstack_services.checked(each) for each in network.networks(name=ident)]
            if not found:
                if next(network.networks(limit=1), None) is None:
                    raise exception.NetworkError(f"Neutron shows no networks at all. {_BLIND}")
                # It had just started, perhaps, and is ready by now.
                found = list(network.networks(name=ident))
            return found

    def own_project(self) -> str | None:
        """Return the id of the project of our credentials; None: they have none, as without Keystone."""
        with _errors("find the project of the credentials"):
            return openstack_services.session(GROUP).get_project_id()

    def subnet(self, subnet_id: str) -> Any:
        """Return openstacksdk's record of a subnet; None if there is no such subnet."""
        return self._get("subnet", subnet_id)

    def segment(self, segment_id: str) -> Any:
        """Return openstacksdk's record of a segment; None if there is no such segment."""
        return self._get("segment", segment_id)

    def missing_groups(self, groups: list[str]) -> list[str]:
        """Return those of these UUIDs that are no security groups."""
        with _errors("look for the security groups") as network:
            listed = network.security_groups(id=groups)
            found = {openstack_services.checked(each).id for each in listed}
        return [group for group in groups if group not in found]

    def has_living_agent(self, host: str) -> bool:
        """Return whether an agent on this host is alive."""
        with _errors(f"look for the agent on host {host}") as network:
            agents = network.agents(host=host)
            return any(openstack_services.checked(agent).is_alive for agent in agents)

    def _get(self, kind: str, ident: str) -> Any:
        # Anything else would end up in the path of the URL.
        if not uuidutils.is_uuid_like(ident):
            return None
        with _errors(f"read {kind} {ident}") as network, _gone_is_no_error():
            found = getattr(network, f"get_{kind}")(ident)
            return openstack_services.checked(found, _TELLING[kind])
        return None

    # -- changes -------------------------------------------------------------------------------------------------

    def create_port(self, **attributes: Any) -> Port:
        """Make a port."""
        self._ensure_locked()
        with _errors(f"make a port in network {attributes.get('network_id')}") as network:
            return Port.of(network.create_port(**attributes))

    def update_port(self, port_id: str, **attributes: Any) -> Port | None:
        """Change attributes of a port; None if there is no such port."""
        self._ensure_locked()
        with _errors(f"change port {port_id}") as network, _gone_is_no_error():
            return Port.of(network.update_port(port_id, **attributes))
        return None

    def delete_port(self, port_id: str) -> None:
        """Delete a port, if there is one."""
        self._ensure_locked()
        with _errors(f"delete port {port_id}") as network, _gone_is_no_error():
            network.delete_port(port_id, ignore_missing=False)


def _network() -> Any:
    """Return openstacksdk's methods for Neutron.

    :raises NetworkError: when Keystone's catalogue has no network service, or it has no version 2.
    """
    found = openstack_services.proxy(GROUP)
    if found is None or "/v2" not in (found.get_endpoint() or ""):
        raise exception.NetworkError(
            "Neutron was not found: Keystone's catalogue has no network service, or its address does not offer "
            "version 2. Check the catalogue and [neutron], then try again."
        )
    if CONF.neutron.connect_retries is None:
        found.connect_retries = CONF.neutron.retries
    return found


@contextmanager
def _gone_is_no_error() -> Iterator[None]:
    """Suppress the error if Neutron names the record that does not exist.

    Any other 404 does not prove that there is no such record: Neutron answers it for records that its policies hide,
    which are all records until it has read them, and whatever else has Neutron's address answers it too.
    """
    from openstack.exceptions import NotFoundException

    try:
        yield
    except NotFoundException as exc:
        if not _is_from_neutron(exc):
            raise


def _is_from_neutron(missing: Any) -> bool:
    """Return whether the body of a 404 is ``{"NeutronError": {"type": "PortNotFound", ...}}``."""
    if missing.response is None:
        return False
    try:
        body = json_reading.read(missing.response.content)
    except json_reading.Unreadable:
        return False
    return isinstance(body, dict) and "NeutronError" in body


@contextmanager
def _errors(what: str) -> Iterator[Any]:
    """Yield openstacksdk's network proxy, and turn its errors into ours.

    :param what: what is being requested, as "delete port ...".
    """
    from keystoneauth1 import exceptions as keystone_errors
    from openstack import exceptions as sdk_errors

    try:
        yield _network()
    except sdk_errors.HttpException as exc:
        status = exc.status_code or 0
        details = exc.details or exc.message or str(exc)
        advice = _BLIND if status == 404 else _ADVICE.get(status, _FAILED if status >= 500 else "")
        raise _failure(what, f"Neutron answered {status}: {details}", advice) from exc
    except keystone_errors.HttpError as exc:
        # Keystone, or Neutron while its versions are read.
        advice = _ADVICE.get(exc.http_status, _FAILED)
        raise _failure(what, f"the answer was {exc.http_status}: {exc}", advice) from exc
    except (sdk_errors.SDKException, keystone_errors.ClientException, OSError) as exc:
        raise _failure(what, str(exc) or type(exc).__name__, _NO_ANSWER) from exc
    except openstack_services.FOREIGN as exc:
        LOG.debug("Neutron's answer is not understood", exc_info=exc)
        raise _failure(what, "the answer is not that of a Neutron", _FOREIGN) from exc


def _failure(what: str, details: str, advice: str) -> exception.NetworkError:
    problem = redaction.mask_text(" ".join(details.split())).rstrip(".")
    return exception.NetworkError(f"Cannot {what}: {problem}. {advice}".rstrip())
