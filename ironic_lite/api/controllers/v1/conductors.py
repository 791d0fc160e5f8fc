# SPDX-License-Identifier: Apache-2.0
"""Conductors: list and show."""

import webob

from ironic_lite.api import access, paging
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.resources.conductor import CONDUCTOR
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.objects.conductor import Conductor


def index(call: Call) -> webob.Response:
    """``GET /v1/conductors``"""
    access.authorize(call.context, "baremetal:conductor:get")
    query = call.query()
    serialise = paging.serialiser(call, query, CONDUCTOR, ROW)
    wanted = paging.page(query, CONDUCTOR, call.minor)
    found = Conductor.list(
        call.context,
        limit=wanted.limit,
        marker=wanted.marker,
        sort_key=wanted.sort_key,
        sort_dir=wanted.sort_dir,
    )
    rows = [conductor.as_row(serialise.columns) for conductor in found]
    return paging.reply(call, CONDUCTOR, rows, serialise, wanted, "conductors")


def show(call: Call, hostname: str) -> webob.Response:
    """``GET /v1/conductors/{hostname}``"""
    access.authorize(call.context, "baremetal:conductor:get")
    serialise = paging.serialiser(call, call.query(), CONDUCTOR, DETAIL)
    # A host name may end in ".json".
    conductor = Conductor.get_by_hostname(call.context, hostname + call.suffix)
    return call.reply(record_access.show(call, conductor, serialise))
