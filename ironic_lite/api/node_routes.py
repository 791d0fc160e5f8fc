# SPDX-License-Identifier: Apache-2.0
"""The routes below ``/v1/nodes``; the others are in ``routes``."""

from collections.abc import Iterator

from ironic_lite.api import filters, forms, types
from ironic_lite.api.controllers.v1 import (
    allocations,
    consoles,
    history,
    indicators,
    logs,
    management,
    node_groups,
    node_items,
    node_states,
    nodes,
    plan,
    portgroups,
    ports,
    timeline,
    traits,
    vendor,
    vifs,
    vmedia,
    volume,
)
from ironic_lite.api.controllers.v1.records import Parts
from ironic_lite.api.controllers.v1.route_access import Listing, OnNode, OnRecord
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.routing import Operation, Route, Weight, missing, vendor_route

_CALL_VENDOR = OnNode("baremetal:node:vendor_passthru")


def _parts(
    parts: Parts,
    narrowed_by: forms.Query | None = None,
    *,
    choosing: forms.Query = forms.CHOOSING_SINCE,
    details: bool = True,
    since: int = 1,
) -> Iterator[Route]:
    """Yield the routes of the parts of one node; see ``routes`` for the arguments."""
    path, seen = f"nodes/{{node}}/{parts.path}", OnNode("baremetal:node:get")
    rows = forms.page(parts.resource, narrowed_by, choosing)
    yield Route(path, since=since, GET=Operation(parts.index_of_node, seen, rows))
    if details:
        whole = forms.details(parts.resource, narrowed_by)
        yield Route(f"{path}/detail", since=since, GET=Operation(parts.index_of_node, seen, whole))


ROUTES: tuple[Route, ...] = (
    Route(
        "nodes",
        GET=Operation(nodes.index, Listing("node"), forms.page(NODE, filters.NODES)),
        POST=nodes.create,
        PATCH=missing("node_ident"),
        DELETE=missing("node_ident"),
    ),
    Route(
        "nodes/detail",
        GET=Operation(nodes.index, Listing("node"), forms.details(NODE, filters.NODES)),
    ),
    Route("nodes/validate", GET=nodes.validate_named),
    Route(
        "nodes/{node}", weight=Weight.SHORT, GET=nodes.show, PATCH=nodes.update, DELETE=nodes.delete
    ),
    Route("nodes/{node}/validate", GET=nodes.validate),
    Route("nodes/{node}/maintenance", PUT=nodes.set_maintenance, DELETE=nodes.unset_maintenance),
    Route("nodes/{node}/states", weight=Weight.SHORT, GET=node_states.show),
    Route("nodes/{node}/states/power", PUT=node_states.set_power),
    Route("nodes/{node}/states/provision", PUT=node_states.set_provision),
    Route("nodes/{node}/states/console", GET=node_states.show_console, PUT=node_states.set_console),
    Route("nodes/{node}/states/raid", since=12, before={"PUT": 406}, PUT=node_states.set_raid),
    Route("nodes/{node}/states/boot_mode", PUT=node_states.set_boot_mode),
    # Without methods, so that unknown states are 405 and not 404.
    Route("nodes/{node}/states/{unknown}"),
    Route("nodes/{node}/states/secure_boot", PUT=node_states.set_secure_boot),
    Route("nodes/{node}/management"),
    Route(
        "nodes/{node}/management/boot_device",
        GET=management.show_boot_device,
        PUT=management.set_boot_device,
    ),
    Route("nodes/{node}/management/boot_device/supported", GET=management.supported_boot_devices),
    Route("nodes/{node}/management/inject_nmi", since=29, PUT=management.inject_nmi),
    Route("nodes/{node}/management/indicators", since=63, GET=indicators.index),
    Route(
        "nodes/{node}/management/indicators/{indicator}",
        since=63,
        GET=indicators.show,
        PUT=indicators.switch,
    ),
    Route(
        "nodes/{node}/vifs",
        since=28,
        GET=vifs.index,
        POST=vifs.attach,
        DELETE=missing(
            "vif_id",
            OnNode("baremetal:node:vif:detach"),
            "DELETE of the collection, which is an error.",
        ),
    ),
    Route("nodes/{node}/vifs/{vif}", since=28, DELETE=vifs.detach),
    vendor_route("nodes/{node}/vendor_passthru", vendor.call_node, _CALL_VENDOR),
    Route("nodes/{node}/vendor_passthru/methods", GET=vendor.node_methods),
    vendor_route("nodes/{node}/vendor_passthru/{method}", vendor.call_node, _CALL_VENDOR),
    Route("nodes/{node}/bios", since=40, GET=node_items.list_bios),
    Route("nodes/{node}/bios/{setting}", since=40, GET=node_items.show_bios),
    Route("nodes/{node}/history", since=78, GET=history.index),
    Route("nodes/{node}/history/{event}", since=78, GET=history.show),
    Route("nodes/{node}/timeline", GET=timeline.show),
    Route("nodes/{node}/console/log", GET=consoles.log),
    Route("nodes/{node}/console/token", POST=consoles.create_token),
    Route("nodes/{node}/logs", GET=logs.index),
    Route("nodes/{node}/logs/{logs}", GET=logs.show),
    Route("nodes/{node}/plan", GET=plan.show),
    Route("nodes/{node}/inventory", since=81, GET=node_items.show_inventory),
    Route("nodes/{node}/firmware", since=86, GET=node_items.list_firmware),
    Route(
        "nodes/{node}/vmedia",
        since=89,
        GET=vmedia.show,
        POST=vmedia.attach,
        DELETE=vmedia.detach,
    ),
    Route("nodes/{node}/vmedia/{device}", since=89, DELETE=vmedia.detach_one),
    *_parts(ports.RECORDS),
    *_parts(portgroups.RECORDS, {"address": types.MAC}, since=24),
    Route("nodes/{node}/volume", since=32, GET=volume.of_node),
    *_parts(volume.CONNECTORS, choosing=forms.CHOOSING, details=False, since=32),
    *_parts(volume.TARGETS, choosing=forms.CHOOSING, details=False, since=32),
    Route(
        "nodes/{node}/traits",
        since=37,
        before={"GET": 406, "PUT": 405},
        GET=traits.index,
        PUT=traits.replace,
        DELETE=traits.remove,
    ),
    Route(
        "nodes/{node}/traits/{trait}",
        since=37,
        before={"PUT": 405},
        PUT=traits.add,
        DELETE=traits.remove,
    ),
    Route(
        "nodes/{node}/allocation",
        since=52,
        GET=Operation(
            allocations.RECORDS.show,
            OnRecord("node", allocations.of_node, "baremetal:allocation:get"),
            forms.record(ALLOCATION),
        ),
        DELETE=Operation(
            allocations.RECORDS.delete,
            OnRecord("node", allocations.of_node, "baremetal:allocation:delete"),
            Form(query_first=True, status=204),
        ),
    ),
    Route("nodes/{node}/children", since=83, GET=node_groups.children),
)

# Old paths with the node at the end, which tempest's client uses. A node cannot have these words as its name.
_ALSO_AT_THE_END = (
    "states",
    "states/power",
    "states/provision",
    "states/console",
    "management/boot_device",
    "maintenance",
)
_BY_PATH = {route.path: route for route in ROUTES}
ROUTES += tuple(
    _BY_PATH[f"nodes/{{node}}/{end}"].at(f"nodes/{end}/{{node}}") for end in _ALSO_AT_THE_END
)
