# SPDX-License-Identifier: Apache-2.0
"""Drivers: list, show, and the properties of ``driver_info``."""

from typing import Any

import webob

from ironic_lite.api import access, paging
from ironic_lite.api.call import Call
from ironic_lite.api.resources.driver import DRIVER
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.common import exception
from ironic_lite.objects.conductor import Conductor


def _rows(call: Call, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the hardware types of the live conductors, with the interfaces if ``columns`` has them."""
    hosts = Conductor.hardware_types(call.context)
    interfaces = Conductor.interfaces(call.context) if "interfaces" in columns else {}
    rows = (
        {"name": name, "hosts": on, "interfaces": interfaces.get(name, {})}
        for name, on in hosts.items()
    )
    return [{column: row[column] for column in columns} for row in rows]


def index(call: Call) -> webob.Response:
    """``GET /v1/drivers``"""
    access.authorize(call.context, "baremetal:driver:get")
    query = call.query()
    wanted = query.pop("type", None)
    since = call.form.since_of("type")
    if call.minor < since and (wanted is not None or query.get("detail") is not None):
        raise exception.NotAcceptable(
            f"Request not acceptable. The minimal required API version should be 1.{since}"
        )
    if wanted not in (None, "classic", "dynamic"):
        raise exception.Invalid(
            '"type" filter must be one of "classic" or "dynamic", if specified.'
        )
    view = DETAIL if query.get("detail") else ROW
    if query.get("detail") and query.get("fields") is not None:
        raise exception.InvalidParameterValue(
            "Can not specify ?detail=True and fields in the same request."
        )
    query.pop("detail", None)
    serialise = paging.serialiser(call, query, DRIVER, view)
    rows = [] if wanted == "classic" else _rows(call, serialise.columns)
    return call.reply({"drivers": [serialise(row, call.view) for row in rows]})


def show(call: Call, name: str) -> webob.Response:
    """``GET /v1/drivers/{driver}``"""
    access.authorize(call.context, "baremetal:driver:get")
    query = call.query()
    serialise = paging.serialiser(call, query, DRIVER, DETAIL)
    for row in _rows(call, tuple(dict.fromkeys((*serialise.columns, "name")))):
        if row["name"] == name:
            return call.reply(serialise(row, call.view))
    raise exception.DriverNotFound(driver_name=name)


def properties(call: Call, name: str) -> webob.Response:
    """``GET /v1/drivers/{driver}/properties``"""
    access.authorize(call.context, "baremetal:driver:get_properties")
    call.query()
    return call.reply(_properties(call, name))


def properties_named(call: Call) -> webob.Response:
    """``GET /v1/drivers/properties?driver_name=``: the same at an older path, which clients still use."""
    access.authorize(call.context, "baremetal:driver:get_properties")
    name = call.query().get("driver_name")
    if name is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: driver_name")
    return call.reply(_properties(call, name))


def _properties(call: Call, name: str) -> dict[str, str]:
    conductor = call.conductors.serving(name)
    return conductor.get_driver_properties(call.context, name)
