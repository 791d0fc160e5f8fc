# SPDX-License-Identifier: Apache-2.0
"""Port groups."""

from typing import Any

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.controllers.v1.records import Parts, Values
from ironic_lite.api.resources.portgroup import PORTGROUP
from ironic_lite.conductor.contract import ConductorCalls
from ironic_lite.conf import CONF
from ironic_lite.objects.port import Portgroup


class _Portgroups(Parts):
    def prepare(self, call: Call, values: Values) -> None:
        _check_name(values.get("name"))
        if values.get("mode") is None:
            values["mode"] = CONF.default_portgroup_mode

    def check(self, call: Call, record: Any, before: Values, changes: Values) -> None:
        _check_name(changes.get("name"))

    def save(self, call: Call, conductor: ConductorCalls, part: Any, expected: Values) -> Portgroup:
        return conductor.update_portgroup(call.context, part, expected=expected)

    def remove(self, call: Call, conductor: ConductorCalls, part: Any) -> None:
        conductor.destroy_portgroup(call.context, part)


def _check_name(name: Any) -> None:
    """Check a name, which may be a UUID as in Ironic; the port group is found by its own UUID only."""
    if name and not types.is_uuid(name):
        record_access.check_name("portgroup", name)


RECORDS = _Portgroups(
    PORTGROUP, Portgroup, rules="portgroup", variable="portgroup", ident="portgroup"
)
