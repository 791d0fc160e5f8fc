# SPDX-License-Identifier: Apache-2.0
"""Drivers: list, show, and the properties of ``driver_info``."""

from typing import Any

import webob

from ironic_lite.api import filters, forms, replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import allowed
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.driver import DRIVER
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


@allowed(
    "driver:get",
    Form(
        query={
            "type": filters.Filter(types.Word("classic", "dynamic"), 30),
            "detail": filters.Filter(types.BOOLEAN, 30),
            "fields": filters.Filter(types.CSV, 77),
        },
        reply=forms.Page(DRIVER),
    ),
)
def index(call: Call) -> webob.Response:
    """``GET /v1/drivers``"""
    query = call.query
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
    serialise = call.serialiser
    rows = [] if wanted == "classic" else _rows(call, serialise.columns)
    return call.reply({"drivers": [serialise(row, call.view) for row in rows]})


@allowed("driver:get", Form(query={"fields": filters.Filter(types.CSV, 77)}, reply=DRIVER))
def show(call: Call, driver: str) -> webob.Response:
    """``GET /v1/drivers/{driver}``"""
    serialise = call.serialiser
    for row in _rows(call, tuple(dict.fromkeys((*serialise.columns, "name")))):
        if row["name"] == driver:
            return call.reply(serialise(row, call.view))
    raise exception.DriverNotFound(driver_name=driver)


@allowed("driver:get_properties", Form(reply=replies.MEANINGS))
def properties(call: Call, driver: str) -> webob.Response:
    """``GET /v1/drivers/{driver}/properties``"""
    return _properties(call, driver)


@allowed("driver:get_properties", Form(query={"driver_name": types.TEXT}, reply=replies.MEANINGS))
def properties_named(call: Call, driver_name: str | None = None) -> webob.Response:
    """``GET /v1/drivers/properties?driver_name=``: the same at an older path, which clients still use."""
    if driver_name is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: driver_name")
    return _properties(call, driver_name)


def _properties(call: Call, driver: str) -> webob.Response:
    conductor = call.conductors.serving(driver)
    return call.reply(conductor.get_driver_properties(call.context, driver))
