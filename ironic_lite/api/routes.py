# SPDX-License-Identifier: Apache-2.0
"""All routes of the service; those below ``/v1/nodes`` are in ``node_routes``.

All routes of the API also answer without ``/v1`` and with a slash at the end. Other paths are 404; other methods of
these paths are 405.
"""

from collections.abc import Iterator, Mapping

from ironic_lite.api import filters, forms, node_routes
from ironic_lite.api.controllers import boot, discovery
from ironic_lite.api.controllers.v1 import (
    allocations,
    boot_events,
    chassis,
    conductors,
    deploy_templates,
    drivers,
    events,
    images,
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
from ironic_lite.api.controllers.v1.records import Records
from ironic_lite.api.controllers.v1.route_access import Allowed, Listing, OnRecord
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.resources.port import PORT
from ironic_lite.api.resources.resource import DETAIL, ROW
from ironic_lite.api.routing import (
    Found,
    Operation,
    Route,
    Table,
    Tables,
    Weight,
    missing,
    vendor_route,
)

UNVERSIONED = Table(
    (
        Route("", weight=Weight.LIGHT, GET=discovery.root),
        Route("v1", weight=Weight.LIGHT, GET=discovery.v1),
        Route("v1/openapi.json", public=True, GET=discovery.openapi_document),
        Route("healthcheck", weight=Weight.LIGHT, GET=discovery.healthcheck),
        Route("boot.ipxe", weight=Weight.LIGHT, GET=boot.entry),
        Route("boot/{mac}", public=True, GET=boot.script),
        Route("boot/{mac}/failed", public=True, GET=boot.failed),
    )
)


# Before the microversion of some resources, Ironic answers GET with 404 and other methods with 405.
_WRITING_NOT_ALLOWED = {"POST": 405, "PATCH": 405, "DELETE": 405}


def _records(
    records: Records,
    narrowed_by: forms.Query | None = None,
    *,
    choosing: forms.Query = forms.CHOOSING_SINCE,
    view: str = ROW,
    details: bool = False,
    ident: str | None = None,
    query_first: bool = True,
    weight: Weight = Weight.FULL,
    since: int = 1,
    before: Mapping[str, int] | None = None,
    no_patch: Operation | None = None,
    delete_all: Operation | None = None,
) -> Iterator[Route]:
    """Yield the routes of a plain resource: of its collection, of the list with all fields, and of one record.

    :param narrowed_by: the query arguments that filter its lists.
    :param choosing: those that choose the fields.
    :param view: the fields of lists, if the client does not choose them.
    :param details: the list with all fields has a path of its own.
    :param ident: the identifier that the collection's path lacks, in errors.
    :param query_first: the query for one record is checked before the access to it is.
    :param weight: that of GET of one record.
    """
    resource, listing = records.resource, records.to_list()
    no_ident = missing(ident or records.ident)
    yield Route(
        records.path,
        since=since,
        before=before,
        GET=Operation(records.index, listing, forms.page(resource, narrowed_by, choosing, view)),
        POST=Operation(records.create, records.to_create(), records.creation),
        PATCH=no_patch or no_ident,
        DELETE=delete_all or no_ident,
    )
    if details:
        form = forms.details(resource, narrowed_by)
        yield Route(
            f"{records.path}/detail", since=since, GET=Operation(records.index, listing, form)
        )
    yield Route(
        f"{records.path}/{{{records.variable}}}",
        weight=weight,
        since=since,
        before=before,
        GET=Operation(records.show, records.to("get"), forms.record(resource, query_first)),
        PATCH=Operation(records.update, records.to("update"), records.change),
        DELETE=Operation(
            records.delete, records.to("delete"), Form(query_first=query_first, status=204)
        ),
    )


_SEE_PORTS_OF_GROUP = OnRecord("portgroup", portgroups.RECORDS.find, "baremetal:portgroup:get")
_NODES_OF_CHASSIS = {k: kind for k, kind in filters.NODES.items() if k != "chassis_uuid"}
_CALL_DRIVER = Allowed("baremetal:driver:vendor_passthru")

V1 = Table(
    (
        *node_routes.ROUTES,
        *_records(ports.RECORDS, filters.PORTS, details=True, weight=Weight.SHORT),
        *_records(
            portgroups.RECORDS, filters.PORTGROUPS, details=True, ident="portgroup_ident", since=23
        ),
        Route(
            "portgroups/{portgroup}/ports",
            since=24,
            GET=Operation(ports.RECORDS.index_of_portgroup, _SEE_PORTS_OF_GROUP, forms.page(PORT)),
        ),
        Route(
            "portgroups/{portgroup}/ports/detail",
            since=24,
            GET=Operation(
                ports.RECORDS.index_of_portgroup, _SEE_PORTS_OF_GROUP, forms.details(PORT)
            ),
        ),
        *_records(chassis.RECORDS, details=True),
        Route(
            "chassis/{chassis}/nodes",
            GET=Operation(chassis.nodes, Listing("node"), forms.page(NODE, _NODES_OF_CHASSIS)),
        ),
        Route(
            "chassis/{chassis}/nodes/detail",
            GET=Operation(chassis.nodes, Listing("node"), forms.details(NODE, _NODES_OF_CHASSIS)),
        ),
        Route("volume", since=32, GET=volume.index),
        *_records(volume.CONNECTORS, filters.VOLUMES, choosing=forms.CHOOSING, since=32),
        *_records(volume.TARGETS, filters.VOLUMES, choosing=forms.CHOOSING, since=32),
        Route("shards", since=82, GET=node_groups.shards),
        Route("drivers", GET=drivers.index),
        Route("drivers/properties", GET=drivers.properties_named),
        Route("drivers/{driver}", GET=drivers.show),
        Route("drivers/{driver}/properties", GET=drivers.properties),
        Route("drivers/{driver}/raid"),
        Route(
            "drivers/{driver}/raid/logical_disk_properties",
            since=12,
            before={"GET": 406},
            GET=node_states.logical_disk_properties,
        ),
        vendor_route("drivers/{driver}/vendor_passthru", vendor.call_driver, _CALL_DRIVER),
        Route("drivers/{driver}/vendor_passthru/methods", GET=vendor.driver_methods),
        vendor_route("drivers/{driver}/vendor_passthru/{method}", vendor.call_driver, _CALL_DRIVER),
        Route("conductors", since=49, GET=conductors.index),
        Route("conductors/{hostname}", since=49, GET=conductors.show),
        *_records(
            allocations.RECORDS,
            filters.ALLOCATIONS,
            choosing=forms.FIELDS,
            view=DETAIL,
            since=52,
            before=_WRITING_NOT_ALLOWED,
        ),
        *_records(
            deploy_templates.RECORDS, query_first=False, since=55, before=_WRITING_NOT_ALLOWED
        ),
        *_records(runbooks.RECORDS, since=92, before=_WRITING_NOT_ALLOWED),
        Route(
            "runbooks/{runbook}/traits",
            since=112,
            GET=runbooks.traits,
            PUT=runbooks.replace_traits,
            DELETE=runbooks.remove_traits,
        ),
        Route(
            "runbooks/{runbook}/traits/{trait}",
            since=112,
            PUT=runbooks.add_trait,
            DELETE=runbooks.remove_trait,
        ),
        *_records(
            inspection_rules.RECORDS,
            filters.INSPECTION_RULES,
            query_first=False,
            since=96,
            before=_WRITING_NOT_ALLOWED,
            no_patch=missing(
                "inspection_rule_uuid", doc="PATCH of the collection, which is an error."
            ),
            delete_all=inspection_rules.delete_all,
        ),
        *_records(images.RECORDS, filters.IMAGES, choosing=forms.CHOOSING, query_first=False),
        Route("images/{image}/locations", GET=images.locations),
        Route("images/{image}/upload", GET=images.progress, PUT=images.receive),
        Route("lookup", public=True, since=22, GET=ramdisk.lookup),
        Route("events", since=54, POST=events.report),
        Route("boot_events", POST=boot_events.report),
        # No ``since``: old ramdisks send no version header, which means 1.1.
        Route("continue_inspection", public=True, POST=inspection_data.receive),
        Route("heartbeat", public=True, since=22, POST=ramdisk.heartbeat_of_named),
        Route("heartbeat/{node}", public=True, since=22, POST=ramdisk.heartbeat),
    )
)


TABLES: Tables = (("/", UNVERSIONED), ("/v1/", V1))


def find(segments: list[str]) -> Found | None:
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
    return Weight.FULL if found is None else found.weight


def _find(path: str) -> Route | None:
    found = find([segment for segment in path.strip("/").split("/") if segment])
    return found[0] if found is not None else None
