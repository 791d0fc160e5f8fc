# SPDX-License-Identifier: Apache-2.0
"""The surface of the service, on one page.

All routes of the API also answer without ``/v1`` and with a slash at the end. What is not here is 404; what is here,
but not with the method asked for, is 405.
"""

from ironic_lite.api.controllers import boot, discovery
from ironic_lite.api.controllers.v1 import (
    allocations,
    chassis,
    conductors,
    deploy_templates,
    drivers,
    events,
    history,
    indicators,
    inspection_data,
    inspection_rules,
    management,
    node_groups,
    node_items,
    node_states,
    nodes,
    portgroups,
    ports,
    ramdisk,
    runbooks,
    traits,
    vendor,
    vifs,
    vmedia,
    volume,
)
from ironic_lite.api.routing import METHODS, Handler, Operation, Route, Table, route

UNVERSIONED = Table(
    (
        route("", GET=discovery.root, public=True),
        route("v1", GET=discovery.v1, public=True),
        route("healthcheck", GET=discovery.healthcheck, public=True),
        route("boot.ipxe", GET=boot.entry, public=True),
        route("boot/{mac}", GET=boot.script, public=True),
    )
)


# Of some resources Ironic says, before their microversion, that they may be read and are not there.
_WRITING_NOT_ALLOWED = {"POST": 405, "PATCH": 405, "DELETE": 405}


def _volume_routes(kind: volume.Volumes) -> tuple[Route, ...]:
    return (
        route(
            kind.path,
            GET=kind.index,
            POST=kind.create,
            PATCH=kind.missing_ident,
            DELETE=kind.missing_ident,
            since=32,
        ),
        route(
            f"{kind.path}/{{uuid}}", GET=kind.show, PATCH=kind.update, DELETE=kind.delete, since=32
        ),
    )


def _vendor_route(path: str, handler: Handler) -> Route:
    """Vendor methods choose their HTTP methods themselves."""
    return Route(path, {method: Operation(handler) for method in METHODS})


V1 = Table(
    (
        route(
            "nodes",
            GET=nodes.index,
            POST=nodes.create,
            PATCH=nodes.missing_ident,
            DELETE=nodes.missing_ident,
        ),
        route("nodes/detail", GET=nodes.details),
        route("nodes/validate", GET=nodes.validate_named),
        route("nodes/{node}", GET=nodes.show, PATCH=nodes.update, DELETE=nodes.delete),
        route("nodes/{node}/validate", GET=nodes.validate),
        route(
            "nodes/{node}/maintenance",
            PUT=nodes.set_maintenance,
            DELETE=nodes.unset_maintenance,
        ),
        route("nodes/{node}/states", GET=node_states.show),
        route("nodes/{node}/states/power", PUT=node_states.set_power),
        route("nodes/{node}/states/provision", PUT=node_states.set_provision),
        route(
            "nodes/{node}/states/console",
            GET=node_states.show_console,
            PUT=node_states.set_console,
        ),
        route("nodes/{node}/states/raid", PUT=node_states.set_raid, since=12, before={"PUT": 406}),
        route("nodes/{node}/states/boot_mode", PUT=node_states.set_boot_mode, since=76),
        route("nodes/{node}/states/secure_boot", PUT=node_states.set_secure_boot, since=76),
        route("nodes/{node}/management"),
        route(
            "nodes/{node}/management/boot_device",
            GET=management.show_boot_device,
            PUT=management.set_boot_device,
        ),
        route(
            "nodes/{node}/management/boot_device/supported", GET=management.supported_boot_devices
        ),
        route("nodes/{node}/management/inject_nmi", PUT=management.inject_nmi, since=29),
        route("nodes/{node}/management/indicators", GET=indicators.index, since=63),
        route(
            "nodes/{node}/management/indicators/{indicator}",
            GET=indicators.show,
            PUT=indicators.switch,
            since=63,
        ),
        route(
            "nodes/{node}/vifs",
            GET=vifs.index,
            POST=vifs.attach,
            DELETE=vifs.missing_ident,
            since=28,
        ),
        route("nodes/{node}/vifs/{vif}", DELETE=vifs.detach, since=28),
        _vendor_route("nodes/{node}/vendor_passthru", vendor.call_node),
        route("nodes/{node}/vendor_passthru/methods", GET=vendor.node_methods),
        _vendor_route("nodes/{node}/vendor_passthru/{method}", vendor.call_node),
        route("nodes/{node}/bios", GET=node_items.list_bios, since=40),
        route("nodes/{node}/bios/{setting}", GET=node_items.show_bios, since=40),
        route("nodes/{node}/history", GET=history.index, since=78),
        route("nodes/{node}/history/{event}", GET=history.show, since=78),
        route("nodes/{node}/inventory", GET=node_items.show_inventory, since=81),
        route("nodes/{node}/firmware", GET=node_items.list_firmware, since=86),
        route(
            "nodes/{node}/vmedia",
            GET=vmedia.show,
            POST=vmedia.attach,
            DELETE=vmedia.detach,
            since=89,
        ),
        route("nodes/{node}/vmedia/{device}", DELETE=vmedia.detach, since=89),
        route("nodes/{node}/ports", GET=ports.of_node),
        route("nodes/{node}/ports/detail", GET=ports.details_of_node),
        route("nodes/{node}/portgroups", GET=portgroups.of_node, since=24),
        route("nodes/{node}/portgroups/detail", GET=portgroups.details_of_node, since=24),
        route("nodes/{node}/volume", GET=volume.of_node, since=32),
        route("nodes/{node}/volume/connectors", GET=volume.CONNECTORS.of_node, since=32),
        route("nodes/{node}/volume/targets", GET=volume.TARGETS.of_node, since=32),
        route(
            "nodes/{node}/traits",
            GET=traits.index,
            PUT=traits.replace,
            DELETE=traits.remove_all,
            since=37,
            before={"GET": 406, "PUT": 405},
        ),
        route(
            "nodes/{node}/traits/{trait}",
            PUT=traits.add,
            DELETE=traits.remove,
            since=37,
            before={"PUT": 405},
        ),
        route(
            "nodes/{node}/allocation",
            GET=allocations.show_of_node,
            DELETE=allocations.delete_of_node,
            since=52,
        ),
        route("nodes/{node}/children", GET=node_groups.children, since=83),
        route(
            "ports",
            GET=ports.index,
            POST=ports.create,
            PATCH=ports.missing_ident,
            DELETE=ports.missing_ident,
        ),
        route("ports/detail", GET=ports.details),
        route("ports/{port}", GET=ports.show, PATCH=ports.update, DELETE=ports.delete),
        route(
            "portgroups",
            GET=portgroups.index,
            POST=portgroups.create,
            PATCH=portgroups.missing_ident,
            DELETE=portgroups.missing_ident,
            since=23,
        ),
        route("portgroups/detail", GET=portgroups.details, since=23),
        route(
            "portgroups/{portgroup}",
            GET=portgroups.show,
            PATCH=portgroups.update,
            DELETE=portgroups.delete,
            since=23,
        ),
        route("portgroups/{portgroup}/ports", GET=ports.of_portgroup, since=24),
        route("portgroups/{portgroup}/ports/detail", GET=ports.details_of_portgroup, since=24),
        route(
            "chassis",
            GET=chassis.index,
            POST=chassis.create,
            PATCH=chassis.missing_ident,
            DELETE=chassis.missing_ident,
        ),
        route("chassis/detail", GET=chassis.details),
        route("chassis/{chassis}", GET=chassis.show, PATCH=chassis.update, DELETE=chassis.delete),
        route("chassis/{chassis}/nodes", GET=chassis.nodes),
        route("chassis/{chassis}/nodes/detail", GET=chassis.node_details),
        route("volume", GET=volume.index, since=32),
        *_volume_routes(volume.CONNECTORS),
        *_volume_routes(volume.TARGETS),
        route("shards", GET=node_groups.shards, since=82),
        route("drivers", GET=drivers.index),
        route("drivers/properties", GET=drivers.properties_named),
        route("drivers/{driver}", GET=drivers.show),
        route("drivers/{driver}/properties", GET=drivers.properties),
        route("drivers/{driver}/raid"),
        route(
            "drivers/{driver}/raid/logical_disk_properties",
            GET=node_states.logical_disk_properties,
            since=12,
            before={"GET": 406},
        ),
        _vendor_route("drivers/{driver}/vendor_passthru", vendor.call_driver),
        route("drivers/{driver}/vendor_passthru/methods", GET=vendor.driver_methods),
        _vendor_route("drivers/{driver}/vendor_passthru/{method}", vendor.call_driver),
        route("conductors", GET=conductors.index, since=49),
        route("conductors/{hostname}", GET=conductors.show, since=49),
        route(
            "allocations",
            GET=allocations.index,
            POST=allocations.create,
            PATCH=allocations.missing_ident,
            DELETE=allocations.missing_ident,
            since=52,
            before=_WRITING_NOT_ALLOWED,
        ),
        route(
            "allocations/{allocation}",
            GET=allocations.show,
            PATCH=allocations.update,
            DELETE=allocations.delete,
            since=52,
            before=_WRITING_NOT_ALLOWED,
        ),
        route(
            "deploy_templates",
            GET=deploy_templates.index,
            POST=deploy_templates.create,
            PATCH=deploy_templates.missing_ident,
            DELETE=deploy_templates.missing_ident,
            since=55,
            before=_WRITING_NOT_ALLOWED,
        ),
        route(
            "deploy_templates/{template}",
            GET=deploy_templates.show,
            PATCH=deploy_templates.update,
            DELETE=deploy_templates.delete,
            since=55,
            before=_WRITING_NOT_ALLOWED,
        ),
        route(
            "runbooks",
            GET=runbooks.index,
            POST=runbooks.create,
            PATCH=runbooks.missing_ident,
            DELETE=runbooks.missing_ident,
            since=92,
            before=_WRITING_NOT_ALLOWED,
        ),
        route(
            "runbooks/{runbook}",
            GET=runbooks.show,
            PATCH=runbooks.update,
            DELETE=runbooks.delete,
            since=92,
            before=_WRITING_NOT_ALLOWED,
        ),
        route(
            "runbooks/{runbook}/traits",
            GET=runbooks.traits,
            PUT=runbooks.replace_traits,
            DELETE=runbooks.remove_traits,
            since=112,
        ),
        route(
            "runbooks/{runbook}/traits/{trait}",
            PUT=runbooks.add_trait,
            DELETE=runbooks.remove_trait,
            since=112,
        ),
        route(
            "inspection_rules",
            GET=inspection_rules.index,
            POST=inspection_rules.create,
            PATCH=inspection_rules.missing_ident,
            DELETE=inspection_rules.delete_all,
            since=96,
            before=_WRITING_NOT_ALLOWED,
        ),
        route(
            "inspection_rules/{uuid}",
            GET=inspection_rules.show,
            PATCH=inspection_rules.update,
            DELETE=inspection_rules.delete,
            since=96,
            before=_WRITING_NOT_ALLOWED,
        ),
        route("lookup", GET=ramdisk.lookup, public=True, since=22),
        route("events", POST=events.report, since=54),
        # Ramdisks of old send no version, which reads as 1.1.
        route("continue_inspection", POST=inspection_data.receive, public=True),
        route("heartbeat/{node}", POST=ramdisk.heartbeat, public=True, since=22),
    )
)


def find(segments: list[str]) -> tuple[Route, list[str]] | None:
    """The route of a path without empty segments at its end, and the variable parts; None: there is none."""
    found = UNVERSIONED.find(segments)
    if found is None:
        found = V1.find(segments[1:] if segments and segments[0] == "v1" else segments)
    return found


def is_public(path: str) -> bool:
    """Whether a path is answered without authentication."""
    found = find([segment for segment in path.strip("/").split("/") if segment])
    return found is not None and found[0].public
