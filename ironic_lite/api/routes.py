# SPDX-License-Identifier: Apache-2.0
"""All routes of the service; those below ``/v1/nodes`` are in ``node_routes``.

All routes of the API also answer without ``/v1`` and with a slash at the end. Other paths are 404; other methods of
these paths are 405.
"""

from ironic_lite.api import filters, forms, node_routes, replies, types
from ironic_lite.api.controllers import boot, discovery
from ironic_lite.api.controllers.v1 import (
    allocations,
    chassis,
    conductors,
    deploy_templates,
    drivers,
    events,
    inspection_data,
    inspection_rules,
    node_groups,
    node_states,
    portgroups,
    ports,
    ramdisk,
    runbooks,
    vendor,
    volume,
)
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.resources.chassis import CHASSIS
from ironic_lite.api.resources.conductor import CONDUCTOR
from ironic_lite.api.resources.deploy_template import DEPLOY_TEMPLATE
from ironic_lite.api.resources.driver import DRIVER
from ironic_lite.api.resources.inspection_rule import INSPECTION_RULE
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.resources.port import PORT
from ironic_lite.api.resources.portgroup import PORTGROUP
from ironic_lite.api.resources.runbook import RUNBOOK
from ironic_lite.api.routing import Route, Table, Tables, Weight, route, vendor_route

_TEXT = {"GET": forms.Form(reply=replies.TEXT, media="text/plain")}
_NODES_OF_CHASSIS = {k: kind for k, kind in filters.NODES.items() if k != "chassis_uuid"}

UNVERSIONED = Table(
    (
        route("", GET=discovery.root, light=True, forms=forms.reads(replies.ROOT)),
        route("v1", GET=discovery.v1, light=True, forms=forms.reads(replies.V1)),
        route(
            "v1/openapi.json",
            GET=discovery.openapi_document,
            public=True,
            forms={"GET": forms.Form(query={"version": types.TEXT}, reply=replies.DOCUMENT)},
        ),
        route("healthcheck", GET=discovery.healthcheck, light=True, forms=_TEXT),
        route("boot.ipxe", GET=boot.entry, light=True, forms=_TEXT),
        route("boot/{mac}", GET=boot.script, public=True, forms=_TEXT),
    )
)


# Before the microversion of some resources, Ironic answers GET with 404 and other methods with 405.
_WRITING_NOT_ALLOWED = {"POST": 405, "PATCH": 405, "DELETE": 405}


def _volume_routes(kind: volume.Volumes) -> tuple[Route, ...]:
    return (
        route(
            kind.path,
            forms=forms.collection(kind.resource, filters.VOLUMES, choosing=forms.CHOOSING),
            GET=kind.index,
            POST=kind.create,
            PATCH=kind.missing_ident,
            DELETE=kind.missing_ident,
            since=32,
        ),
        route(
            f"{kind.path}/{{uuid}}",
            forms=forms.record(kind.resource),
            GET=kind.show,
            PATCH=kind.update,
            DELETE=kind.delete,
            since=32,
        ),
    )


V1 = Table(
    (
        *node_routes.ROUTES,
        route(
            "ports",
            GET=ports.index,
            POST=ports.create,
            PATCH=ports.missing_ident,
            DELETE=ports.missing_ident,
            forms=forms.collection(PORT, filters.PORTS),
        ),
        route("ports/detail", GET=ports.details, forms=forms.details(PORT, filters.PORTS)),
        route(
            "ports/{port}",
            short=True,
            GET=ports.show,
            PATCH=ports.update,
            DELETE=ports.delete,
            forms=forms.record(PORT),
        ),
        route(
            "portgroups",
            GET=portgroups.index,
            POST=portgroups.create,
            PATCH=portgroups.missing_ident,
            DELETE=portgroups.missing_ident,
            since=23,
            forms=forms.collection(PORTGROUP, filters.PORTGROUPS),
        ),
        route(
            "portgroups/detail",
            GET=portgroups.details,
            since=23,
            forms=forms.details(PORTGROUP, filters.PORTGROUPS),
        ),
        route(
            "portgroups/{portgroup}",
            GET=portgroups.show,
            PATCH=portgroups.update,
            DELETE=portgroups.delete,
            since=23,
            forms=forms.record(PORTGROUP),
        ),
        route(
            "portgroups/{portgroup}/ports",
            GET=ports.of_portgroup,
            since=24,
            forms=forms.collection(PORT),
        ),
        route(
            "portgroups/{portgroup}/ports/detail",
            GET=ports.details_of_portgroup,
            since=24,
            forms=forms.details(PORT),
        ),
        route(
            "chassis",
            GET=chassis.index,
            POST=chassis.create,
            PATCH=chassis.missing_ident,
            DELETE=chassis.missing_ident,
            forms=forms.collection(CHASSIS),
        ),
        route("chassis/detail", GET=chassis.details, forms=forms.details(CHASSIS)),
        route(
            "chassis/{chassis}",
            GET=chassis.show,
            PATCH=chassis.update,
            DELETE=chassis.delete,
            forms=forms.record(CHASSIS),
        ),
        route(
            "chassis/{chassis}/nodes",
            GET=chassis.nodes,
            forms=forms.collection(NODE, _NODES_OF_CHASSIS),
        ),
        route(
            "chassis/{chassis}/nodes/detail",
            GET=chassis.node_details,
            forms=forms.details(NODE, _NODES_OF_CHASSIS),
        ),
        route("volume", GET=volume.index, since=32, forms=forms.reads(replies.VOLUME)),
        *_volume_routes(volume.CONNECTORS),
        *_volume_routes(volume.TARGETS),
        route(
            "shards",
            GET=node_groups.shards,
            since=82,
            forms=forms.reads(replies.SHARDS),
        ),
        route(
            "drivers",
            GET=drivers.index,
            forms={
                "GET": forms.Form(
                    query={
                        "type": filters.Filter(types.Word("classic", "dynamic"), 30),
                        "detail": filters.Filter(types.BOOLEAN, 30),
                        "fields": filters.Filter(types.CSV, 77),
                    },
                    reply=forms.Page(DRIVER),
                )
            },
        ),
        route(
            "drivers/properties",
            GET=drivers.properties_named,
            forms={"GET": forms.Form(query={"driver_name": types.TEXT}, reply=replies.MEANINGS)},
        ),
        route(
            "drivers/{driver}",
            GET=drivers.show,
            forms={
                "GET": forms.Form(query={"fields": filters.Filter(types.CSV, 77)}, reply=DRIVER)
            },
        ),
        route(
            "drivers/{driver}/properties",
            GET=drivers.properties,
            forms=forms.reads(replies.MEANINGS),
        ),
        route("drivers/{driver}/raid"),
        route(
            "drivers/{driver}/raid/logical_disk_properties",
            GET=node_states.logical_disk_properties,
            since=12,
            before={"GET": 406},
            forms=forms.reads(replies.MEANINGS),
        ),
        vendor_route("drivers/{driver}/vendor_passthru", vendor.call_driver),
        route(
            "drivers/{driver}/vendor_passthru/methods",
            GET=vendor.driver_methods,
            forms=forms.reads(replies.VENDOR_METHODS),
        ),
        vendor_route("drivers/{driver}/vendor_passthru/{method}", vendor.call_driver),
        route(
            "conductors",
            GET=conductors.index,
            since=49,
            forms=forms.collection(CONDUCTOR, {"marker": types.TEXT}),
        ),
        route(
            "conductors/{hostname}", GET=conductors.show, since=49, forms=forms.record(CONDUCTOR)
        ),
        route(
            "allocations",
            GET=allocations.index,
            POST=allocations.create,
            PATCH=allocations.missing_ident,
            DELETE=allocations.missing_ident,
            since=52,
            before=_WRITING_NOT_ALLOWED,
            forms=forms.collection(ALLOCATION, filters.ALLOCATIONS, choosing=forms.FIELDS),
        ),
        route(
            "allocations/{allocation}",
            GET=allocations.show,
            PATCH=allocations.update,
            DELETE=allocations.delete,
            since=52,
            before=_WRITING_NOT_ALLOWED,
            forms=forms.record(
                ALLOCATION,
                PATCH=forms.Form(
                    body=forms.Patch(ALLOCATION), reply=ALLOCATION, since=allocations.UPDATE_SINCE
                ),
            ),
        ),
        route(
            "deploy_templates",
            GET=deploy_templates.index,
            POST=deploy_templates.create,
            PATCH=deploy_templates.missing_ident,
            DELETE=deploy_templates.missing_ident,
            since=55,
            before=_WRITING_NOT_ALLOWED,
            forms=forms.collection(DEPLOY_TEMPLATE),
        ),
        route(
            "deploy_templates/{template}",
            GET=deploy_templates.show,
            PATCH=deploy_templates.update,
            DELETE=deploy_templates.delete,
            since=55,
            before=_WRITING_NOT_ALLOWED,
            forms=forms.record(DEPLOY_TEMPLATE),
        ),
        route(
            "runbooks",
            GET=runbooks.index,
            POST=runbooks.create,
            PATCH=runbooks.missing_ident,
            DELETE=runbooks.missing_ident,
            since=92,
            before=_WRITING_NOT_ALLOWED,
            forms=forms.collection(RUNBOOK),
        ),
        route(
            "runbooks/{runbook}",
            GET=runbooks.show,
            PATCH=runbooks.update,
            DELETE=runbooks.delete,
            since=92,
            before=_WRITING_NOT_ALLOWED,
            forms=forms.record(RUNBOOK),
        ),
        route(
            "runbooks/{runbook}/traits",
            GET=runbooks.traits,
            PUT=runbooks.replace_traits,
            DELETE=runbooks.remove_traits,
            since=112,
            forms=forms.reads(replies.TRAITS)
            | {"PUT": forms.Form(body=runbooks.TRAITS, status=204), "DELETE": forms.DONE},
        ),
        route(
            "runbooks/{runbook}/traits/{trait}",
            PUT=runbooks.add_trait,
            DELETE=runbooks.remove_trait,
            since=112,
            forms={"PUT": forms.DONE, "DELETE": forms.DONE},
        ),
        route(
            "inspection_rules",
            GET=inspection_rules.index,
            POST=inspection_rules.create,
            PATCH=inspection_rules.missing_ident,
            DELETE=inspection_rules.delete_all,
            since=96,
            before=_WRITING_NOT_ALLOWED,
            forms={
                **forms.collection(INSPECTION_RULE, filters.INSPECTION_RULES),
                "DELETE": forms.DONE,
            },
        ),
        route(
            "inspection_rules/{uuid}",
            GET=inspection_rules.show,
            PATCH=inspection_rules.update,
            DELETE=inspection_rules.delete,
            since=96,
            before=_WRITING_NOT_ALLOWED,
            forms=forms.record(INSPECTION_RULE),
        ),
        route(
            "lookup",
            GET=ramdisk.lookup,
            public=True,
            since=22,
            forms={
                "GET": forms.Form(
                    query={"addresses": types.CSV, "node_uuid": types.UUID}, reply=replies.LOOKUP
                )
            },
        ),
        route(
            "events",
            POST=events.report,
            since=54,
            forms={"POST": forms.Form(body=events.EVENTS, status=204)},
        ),
        # No ``since``: old ramdisks send no version header, which means 1.1.
        route(
            "continue_inspection",
            POST=inspection_data.receive,
            public=True,
            forms={
                "POST": forms.Form(
                    query={"node_uuid": types.UUID},
                    body=inspection_data.DATA,
                    most="max_inspection_body_size",
                    since=inspection_data.SINCE,
                    status=202,
                    reply=replies.LOOKUP,
                )
            },
        ),
        route(
            "heartbeat",
            POST=ramdisk.heartbeat_of_named,
            public=True,
            since=22,
            forms={"POST": forms.Form(body=ramdisk.NAMED_HEARTBEAT, status=202)},
        ),
        route(
            "heartbeat/{node}",
            POST=ramdisk.heartbeat,
            public=True,
            since=22,
            forms={"POST": forms.Form(body=ramdisk.HEARTBEAT, status=202)},
        ),
    )
)


TABLES: Tables = (("/", UNVERSIONED), ("/v1/", V1))


def find(segments: list[str]) -> tuple[Route, list[str]] | None:
    """Return the route of a path without empty segments at its end, and its variable parts; or None."""
    found = UNVERSIONED.find(segments)
    if found is None:
        found = V1.find(segments[1:] if segments and segments[0] == "v1" else segments)
    return found


def is_public(path: str) -> bool:
    """Whether a path needs no authentication."""
    found = _find(path)
    return found is not None and found.public


def weight(method: str, path: str) -> Weight:
    """Return the weight of a request."""
    if method not in ("GET", "HEAD", "OPTIONS"):
        return Weight.FULL
    found = _find(path)
    if found is None:
        return Weight.FULL
    if found.light:
        return Weight.LIGHT
    return Weight.SHORT if found.short else Weight.FULL


def _find(path: str) -> Route | None:
    found = find([segment for segment in path.strip("/").split("/") if segment])
    return found[0] if found is not None else None
