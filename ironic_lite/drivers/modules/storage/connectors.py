# SPDX-License-Identifier: Apache-2.0
"""A node's volume connectors, checked against its volume targets, and described for Cinder.

Connectors have one of the types ``iqn`` (name of the iSCSI initiator), ``ip``, ``mac``, ``wwpn`` and ``wwnn`` (port and
node name in a Fibre Channel fabric).
"""

from collections.abc import Sequence
from typing import Any

from oslo_log import log
from oslo_utils import strutils

from ironic_lite.common import exception
from ironic_lite.drivers import capabilities
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

LOG = log.getLogger(__name__)

_ISCSI, _FIBRE_CHANNEL = "iscsi", "fibre_channel"
_CAPABILITIES = {_ISCSI: "iscsi_boot", _FIBRE_CHANNEL: "fibre_channel_boot"}
_NEEDED = {_ISCSI: "iqn", _FIBRE_CHANNEL: "wwpn and wwnn"}


def validate(task: Task) -> None:
    """Check that the node's connectors, targets and capabilities fit together. Asks nobody.

    :raises InvalidParameterValue: when a connector, a capability or a target's volume is missing or wrong.
    """
    node = task.node
    types = [connector.type for connector in task.volume_connectors if connector.connector_id]
    port_names, node_names = types.count("wwpn"), types.count("wwnn")
    if port_names != node_names:
        raise _invalid(
            node,
            f"has {port_names} volume connectors of type wwpn and {node_names} of type wwnn; Fibre Channel needs a "
            "wwpn for each wwnn",
        )
    found = {_ISCSI: "iqn" in types, _FIBRE_CHANNEL: bool(port_names)}
    declared = capabilities.read(node, "properties")
    can_boot = {
        kind: strutils.bool_from_string(declared.get(name)) for kind, name in _CAPABILITIES.items()
    }
    for kind, name in _CAPABILITIES.items():
        if can_boot[kind] and not found[kind]:
            raise _invalid(
                node,
                f"has the capability {name}, but no volume connector of type {_NEEDED[kind]}; create one",
            )
    for target in task.volume_targets:
        _validate_target(node, target, found, can_boot)


def _validate_target(
    node: Any, target: VolumeTarget, found: dict[str, bool], can_boot: dict[str, bool]
) -> None:
    kind = target.volume_type
    if not target.volume_id:
        raise _invalid(node, f"has the volume target {target.uuid} without a volume_id; set it")
    if kind not in _CAPABILITIES:
        raise _invalid(
            node,
            f"has the volume target {target.uuid} of the unknown type '{kind}'; use one of {', '.join(_CAPABILITIES)}",
        )
    if target.boot_index == 0 and not can_boot[kind]:
        raise _invalid(
            node,
            f"boots from the volume target {target.uuid} of type {kind}, but its properties/capabilities do not "
            f"have {_CAPABILITIES[kind]}; set it to true",
        )
    if not found[kind]:
        raise _invalid(
            node,
            f"has the volume target {target.uuid} of type {kind}, but no volume connector of type "
            f"{_NEEDED[kind]}; create one",
        )


def describe(task: Task) -> dict[str, Any]:
    """Return the node's connectors in the form that Cinder and its storage drivers expect.

    Keys: ``initiator``, ``ip``, ``wwpns``, ``wwnns``, ``host`` (the node's UUID) and, if there are several connectors,
    ``multipath``. Only the first ``iqn`` and ``ip`` count.

    :raises StorageError: when no connector names the server in an iSCSI or Fibre Channel network.
    """
    found: Sequence[VolumeConnector] = task.volume_connectors
    data: dict[str, Any] = {}
    for connector in found:
        match connector.type:
            case "iqn":
                data.setdefault("initiator", connector.connector_id)
            case "ip":
                data.setdefault("ip", connector.connector_id)
            case "wwpn" | "wwnn":
                data.setdefault(f"{connector.type}s", []).append(connector.connector_id)
            case _:
                LOG.warning(
                    "Node %s: the volume connector %s of type %s is not used to attach volumes",
                    task.node.uuid,
                    connector.uuid,
                    connector.type,
                )
    if not data.keys() & {"initiator", "wwpns", "wwnns"}:
        raise exception.StorageError(
            f"Node {task.node.uuid} has no volume connector that names it in a storage network; create one of type "
            "iqn, or wwpn and wwnn."
        )
    if len(found) > 1 and len(data) > 1:
        data["multipath"] = True
    return {**data, "host": task.node.uuid}


def _invalid(node: Any, message: str) -> exception.InvalidParameterValue:
    return exception.InvalidParameterValue(err=f"Node {node.uuid} {message}.")
