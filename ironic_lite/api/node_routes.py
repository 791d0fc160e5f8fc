# SPDX-License-Identifier: Apache-2.0
"""The routes below ``/v1/nodes``; the others are in ``routes``."""

from ironic_lite.api import filters, forms, replies, types
from ironic_lite.api.controllers.v1 import (
    allocations,
    history,
    indicators,
    management,
    node_groups,
    node_items,
    node_states,
    nodes,
    plan,
    portgroups,
    ports,
    provisioning,
    timeline,
    traits,
    vendor,
    vifs,
    vmedia,
    volume,
)
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.resources.bios_setting import BIOS_SETTING
from ironic_lite.api.resources.firmware_component import FIRMWARE_COMPONENT
from ironic_lite.api.resources.history import HISTORY
from ironic_lite.api.resources.node import NODE, STATES
from ironic_lite.api.resources.port import PORT
from ironic_lite.api.resources.portgroup import PORTGROUP
from ironic_lite.api.resources.volume import CONNECTOR, TARGET
from ironic_lite.api.routing import Route, route, vendor_route

ROUTES: tuple[Route, ...] = (
    route(
        "nodes",
        GET=nodes.index,
        POST=nodes.create,
        PATCH=nodes.missing_ident,
        DELETE=nodes.missing_ident,
        forms=forms.collection(NODE, filters.NODES),
    ),
    route("nodes/detail", GET=nodes.details, forms=forms.details(NODE, filters.NODES)),
    route(
        "nodes/validate",
        GET=nodes.validate_named,
        forms={
            "GET": forms.Form(
                query={"node": types.UUID_OR_NAME, "node_uuid": types.UUID},
                reply=replies.VALIDATION,
            )
        },
    ),
    route(
        "nodes/{node}",
        short=True,
        GET=nodes.show,
        PATCH=nodes.update,
        DELETE=nodes.delete,
        forms=forms.record(
            NODE,
            PATCH=forms.Form(
                query={"reset_interfaces": filters.Filter(types.BOOLEAN, 45)},
                body=forms.Patch(NODE),
                reply=NODE,
            ),
        ),
    ),
    route("nodes/{node}/validate", GET=nodes.validate, forms=forms.reads(replies.VALIDATION)),
    route(
        "nodes/{node}/maintenance",
        PUT=nodes.set_maintenance,
        DELETE=nodes.unset_maintenance,
        forms={
            "PUT": forms.Form(body=nodes.MAINTENANCE, status=202),
            "DELETE": forms.Form(status=202),
        },
    ),
    route("nodes/{node}/states", short=True, GET=node_states.show, forms=forms.reads(STATES)),
    route(
        "nodes/{node}/states/power",
        PUT=node_states.set_power,
        forms=forms.asks(node_states.POWER, 202),
    ),
    route(
        "nodes/{node}/states/provision",
        PUT=node_states.set_provision,
        forms={
            "PUT": forms.Form(body=provisioning.BODY, most="max_provision_body_size", status=202)
        },
    ),
    route(
        "nodes/{node}/states/console",
        GET=node_states.show_console,
        PUT=node_states.set_console,
        forms=forms.reads(replies.CONSOLE)
        | {"PUT": forms.Form(query=node_states.ENABLED, body=node_states.CONSOLE, status=202)},
    ),
    route(
        "nodes/{node}/states/raid",
        PUT=node_states.set_raid,
        since=12,
        before={"PUT": 406},
        forms=forms.asks(node_states.TARGET_RAID_CONFIG, 204),
    ),
    route(
        "nodes/{node}/states/boot_mode",
        PUT=node_states.set_boot_mode,
        forms={
            "PUT": forms.Form(
                body=node_states.BOOT_MODE, status=202, since=node_states.BOOT_MODE_SINCE
            )
        },
    ),
    # Without methods, so that unknown states are 405 and not 404.
    route("nodes/{node}/states/{unknown}"),
    route(
        "nodes/{node}/states/secure_boot",
        PUT=node_states.set_secure_boot,
        forms={
            "PUT": forms.Form(
                body=node_states.SECURE_BOOT, status=202, since=node_states.BOOT_MODE_SINCE
            )
        },
    ),
    route("nodes/{node}/management"),
    route(
        "nodes/{node}/management/boot_device",
        GET=management.show_boot_device,
        PUT=management.set_boot_device,
        forms=forms.reads(replies.BOOT_DEVICE)
        | {"PUT": forms.Form(query=management.ARGUMENTS, body=management.BOOT_DEVICE, status=204)},
    ),
    route(
        "nodes/{node}/management/boot_device/supported",
        GET=management.supported_boot_devices,
        forms=forms.reads(replies.SUPPORTED_BOOT_DEVICES),
    ),
    route(
        "nodes/{node}/management/inject_nmi",
        PUT=management.inject_nmi,
        since=29,
        forms=forms.asks(management.NOTHING, 204),
    ),
    route(
        "nodes/{node}/management/indicators",
        GET=indicators.index,
        since=63,
        forms={
            "GET": forms.Form(
                query={"component": types.TEXT},
                reply=replies.INDICATORS,
            )
        },
    ),
    route(
        "nodes/{node}/management/indicators/{indicator}",
        GET=indicators.show,
        PUT=indicators.switch,
        since=63,
        forms=forms.reads(replies.INDICATOR)
        | {"PUT": forms.Form(body=indicators.STATE, status=204)},
    ),
    route(
        "nodes/{node}/vifs",
        GET=vifs.index,
        POST=vifs.attach,
        DELETE=vifs.missing_ident,
        since=28,
        forms=forms.reads(replies.VIFS)
        | {"POST": forms.Form(body=vifs.VIF, status=204), "DELETE": forms.REFUSED},
    ),
    route("nodes/{node}/vifs/{vif}", DELETE=vifs.detach, since=28, forms={"DELETE": forms.DONE}),
    vendor_route("nodes/{node}/vendor_passthru", vendor.call_node),
    route(
        "nodes/{node}/vendor_passthru/methods",
        GET=vendor.node_methods,
        forms=forms.reads(replies.VENDOR_METHODS),
    ),
    vendor_route("nodes/{node}/vendor_passthru/{method}", vendor.call_node),
    route(
        "nodes/{node}/bios",
        GET=node_items.list_bios,
        since=40,
        forms={
            "GET": forms.Form(
                query={
                    name: filters.Filter(filters.kind_of(kind), 74)
                    for name, kind in forms.CHOOSING.items()
                },
                reply=forms.Page(BIOS_SETTING),
            )
        },
    ),
    route(
        "nodes/{node}/bios/{setting}",
        GET=node_items.show_bios,
        since=40,
        forms=forms.reads(replies.BIOS_SETTINGS),
    ),
    route(
        "nodes/{node}/history",
        GET=history.index,
        since=78,
        forms={
            "GET": forms.Form(
                query={**forms.PAGING, "detail": types.BOOLEAN}, reply=forms.Page(HISTORY)
            )
        },
    ),
    route("nodes/{node}/history/{event}", GET=history.show, since=78, forms=forms.reads(HISTORY)),
    route(
        "nodes/{node}/timeline",
        GET=timeline.show,
        forms={"GET": forms.Form(query=timeline.QUERY, reply=replies.TIMELINE)},
    ),
    route(
        "nodes/{node}/plan",
        GET=plan.show,
        forms={"GET": forms.Form(query=plan.QUERY, reply=replies.PLAN)},
    ),
    route(
        "nodes/{node}/inventory",
        GET=node_items.show_inventory,
        since=81,
        forms=forms.reads(replies.INVENTORY),
    ),
    route(
        "nodes/{node}/firmware",
        GET=node_items.list_firmware,
        since=86,
        forms={"GET": forms.Form(query=forms.CHOOSING, reply=forms.Page(FIRMWARE_COMPONENT))},
    ),
    route(
        "nodes/{node}/vmedia",
        GET=vmedia.show,
        POST=vmedia.attach,
        DELETE=vmedia.detach,
        since=89,
        forms={
            "GET": forms.Form(reply=replies.VIRTUAL_MEDIA, since=vmedia.SHOW_SINCE),
            "POST": forms.Form(body=vmedia.ATTACH, status=204),
            "DELETE": forms.Form(query={"device_types": types.CSV}, status=204),
        },
    ),
    route(
        "nodes/{node}/vmedia/{device}",
        DELETE=vmedia.detach,
        since=89,
        forms={"DELETE": forms.DONE},
    ),
    route("nodes/{node}/ports", GET=ports.of_node, forms=forms.collection(PORT)),
    route("nodes/{node}/ports/detail", GET=ports.details_of_node, forms=forms.details(PORT)),
    route(
        "nodes/{node}/portgroups",
        GET=portgroups.of_node,
        since=24,
        forms=forms.collection(PORTGROUP, {"address": types.MAC}),
    ),
    route(
        "nodes/{node}/portgroups/detail",
        GET=portgroups.details_of_node,
        since=24,
        forms=forms.details(PORTGROUP, {"address": types.MAC}),
    ),
    route("nodes/{node}/volume", GET=volume.of_node, since=32, forms=forms.reads(replies.VOLUME)),
    route(
        "nodes/{node}/volume/connectors",
        GET=volume.CONNECTORS.of_node,
        since=32,
        forms=forms.collection(CONNECTOR, choosing=forms.CHOOSING),
    ),
    route(
        "nodes/{node}/volume/targets",
        GET=volume.TARGETS.of_node,
        since=32,
        forms=forms.collection(TARGET, choosing=forms.CHOOSING),
    ),
    route(
        "nodes/{node}/traits",
        GET=traits.index,
        PUT=traits.replace,
        DELETE=traits.remove_all,
        since=37,
        before={"GET": 406, "PUT": 405},
        forms=forms.reads(replies.TRAITS)
        | {"PUT": forms.Form(body=traits.BODY, status=204), "DELETE": forms.DONE},
    ),
    route(
        "nodes/{node}/traits/{trait}",
        PUT=traits.add,
        DELETE=traits.remove,
        since=37,
        before={"PUT": 405},
        forms={"PUT": forms.DONE, "DELETE": forms.DONE},
    ),
    route(
        "nodes/{node}/allocation",
        GET=allocations.show_of_node,
        DELETE=allocations.delete_of_node,
        since=52,
        forms=forms.record(ALLOCATION),
    ),
    route(
        "nodes/{node}/children",
        GET=node_groups.children,
        since=83,
        forms=forms.reads(replies.CHILDREN),
    ),
    # Old paths with the node at the end, which tempest's client uses. A node cannot have these words as its name.
    route("nodes/states/{node}", GET=node_states.show, forms=forms.reads(STATES)),
    route(
        "nodes/states/power/{node}",
        PUT=node_states.set_power,
        forms=forms.asks(node_states.POWER, 202),
    ),
    route(
        "nodes/states/provision/{node}",
        PUT=node_states.set_provision,
        forms=forms.asks(provisioning.BODY, 202),
    ),
    route(
        "nodes/states/console/{node}",
        GET=node_states.show_console,
        PUT=node_states.set_console,
        forms=forms.reads(replies.CONSOLE)
        | {"PUT": forms.Form(query=node_states.ENABLED, body=node_states.CONSOLE, status=202)},
    ),
    route(
        "nodes/management/boot_device/{node}",
        GET=management.show_boot_device,
        PUT=management.set_boot_device,
        forms=forms.reads(replies.BOOT_DEVICE)
        | {"PUT": forms.Form(query=management.ARGUMENTS, body=management.BOOT_DEVICE, status=204)},
    ),
    route(
        "nodes/maintenance/{node}",
        PUT=nodes.set_maintenance,
        DELETE=nodes.unset_maintenance,
        forms={
            "PUT": forms.Form(body=nodes.MAINTENANCE, status=202),
            "DELETE": forms.Form(status=202),
        },
    ),
)
