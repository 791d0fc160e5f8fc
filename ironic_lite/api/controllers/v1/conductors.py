# SPDX-License-Identifier: Apache-2.0
"""Conductors: list and show."""

from typing import Any

import webob

from ironic_lite.api import forms, paging, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import allowed
from ironic_lite.api.resources.conductor import CONDUCTOR
from ironic_lite.objects.conductor import Conductor


@allowed("conductor:get", forms.page(CONDUCTOR, {"marker": types.TEXT}))
def index(call: Call) -> webob.Response:
    """``GET /v1/conductors``"""
    wanted = paging.page(call)
    found = Conductor.list(
        call.context,
        limit=wanted.limit,
        marker=wanted.marker,
        sort_key=wanted.sort_key,
        sort_dir=wanted.sort_dir,
    )
    rows = [conductor.as_row(wanted.columns) for conductor in found]
    return paging.reply(call, rows, wanted, "conductors")


@allowed("conductor:get", forms.record(CONDUCTOR, query_first=False))
def show(call: Call, hostname: str) -> webob.Response:
    """``GET /v1/conductors/{hostname}``"""
    # A host name may end in ".json".
    conductor: Any = Conductor.get_by_hostname(call.context, hostname + call.suffix)
    return call.reply(call.shown(conductor))
