# SPDX-License-Identifier: Apache-2.0
"""The version documents, the OpenAPI document and the health check."""

from typing import Any

import webob

from ironic_lite.api import forms, openapi, replies, types, versions
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import operation
from ironic_lite.api.forms import Form

# Parts of the API, and the first microversion that links to them.
_PARTS = {
    "chassis": 1,
    "nodes": 1,
    "ports": 1,
    "drivers": 1,
    "lookup": 22,
    "heartbeat": 22,
    "portgroups": 23,
    "volume": 32,
    "conductors": 49,
    "allocations": 52,
    "events": 54,
    "deploy_templates": 55,
    "shards": 82,
    "continue_inspection": 84,
    "runbooks": 92,
    "inspection_rules": 96,
}


def _version(base: str) -> dict[str, Any]:
    return {
        "id": "v1",
        "links": [{"href": f"{base}/v1/", "rel": "self"}],
        "status": "CURRENT",
        "min_version": versions.MIN_STRING,
        "version": versions.MAX_STRING,
    }


@operation(None, Form(reply=replies.ROOT))
def root(call: Call) -> webob.Response:
    """``GET /``: the versions of the API."""
    version = _version(call.base)
    return call.reply(
        {
            "name": "OpenStack Ironic API",
            "description": "Bare-metal provisioning, compatible with OpenStack Ironic.",
            "default_version": version,
            "versions": [version],
        }
    )


@operation(None, Form(reply=replies.V1))
def v1(call: Call) -> webob.Response:
    """``GET /v1``: the parts of the API that the microversion has."""
    base = call.base
    version = _version(base)
    document: dict[str, Any] = {
        "id": "v1",
        "links": version["links"],
        "media_types": {
            "base": "application/json",
            "type": "application/vnd.openstack.ironic.v1+json",
        },
        "version": version,
    }
    for part, since in _PARTS.items():
        if call.minor >= since:
            document[part] = [
                {"href": f"{base}/v1/{part}/", "rel": "self"},
                {"href": f"{base}/{part}/", "rel": "bookmark"},
            ]
    return call.reply(document)


@operation(None, forms.TEXT)
def healthcheck(call: Call) -> webob.Response:
    """``GET /healthcheck``: whether the process answers. It uses neither database nor conductors, to be cheap."""
    return call.text("OK\n")


@operation(None, Form(query={"version": types.TEXT}, reply=replies.DOCUMENT))
def openapi_document(call: Call, version: str | None = None) -> webob.Response:
    """``GET /v1/openapi.json``: the API as an OpenAPI document.

    The document is for the microversion in the version header or ``?version=1.N``, by default for the newest.
    """
    if version is not None:
        minor = versions.parse(version)
    elif versions.is_asked(call.request.environ):
        minor = call.minor
    else:
        minor = versions.MAX
    return call.encoded(openapi.document(call.tables, minor))
