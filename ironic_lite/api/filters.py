# SPDX-License-Identifier: Apache-2.0
"""The query arguments that filter lists, and their first microversions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ironic_lite.api import types
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.resources.image import IMAGE
from ironic_lite.api.resources.inspection_rule import INSPECTION_RULE
from ironic_lite.api.resources.node import FAULTS, NODE
from ironic_lite.api.resources.port import PORT
from ironic_lite.api.resources.portgroup import PORTGROUP
from ironic_lite.api.resources.resource import Resource
from ironic_lite.common import exception
from ironic_lite.common.operations import provision_states


class Filter(NamedTuple):
    """A query argument that filters a list.

    :param since: first microversion (1.N) that has it.
    """

    kind: types.Kind
    since: int = 1


def _of(resource: Resource) -> dict[str, Filter]:
    """Return the filters that the fields of the resource declare."""
    return {
        field.name: Filter(field.filter, field.filter_since or field.since)
        for field in resource.fields.values()
        if field.filter is not None
    }


NODES = {
    **_of(NODE),
    "associated": Filter(types.BOOLEAN),
    "sharded": Filter(types.BOOLEAN, 82),
    "include_children": Filter(types.BOOLEAN, 83),
    "description_contains": Filter(types.TEXT),
    "project": Filter(types.TEXT),
}

PORTS = {
    **_of(PORT),
    "node": Filter(types.UUID_OR_NAME),
    "portgroup": Filter(types.UUID_OR_NAME, 24),
    "shard": Filter(types.CSV, 82),
    "conductor_groups": Filter(types.CSV, 99),
    "description_contains": Filter(types.TEXT),
}

PORTGROUPS = {
    **_of(PORTGROUP),
    "node": Filter(types.UUID_OR_NAME),
    "conductor_groups": Filter(types.CSV, 99),
    "shard": Filter(types.CSV, 106),
}

VOLUMES = {"node": Filter(types.UUID_OR_NAME)}

ALLOCATIONS = {**_of(ALLOCATION), "node": Filter(types.UUID_OR_NAME)}

INSPECTION_RULES = _of(INSPECTION_RULE)

IMAGES = {**_of(IMAGE), "name": Filter(types.TEXT)}


Stated = types.Kind | Filter
"""How an argument is stated: its kind alone, where all microversions know it."""


def kind_of(stated: Stated) -> types.Kind:
    """Return the kind of the argument's values."""
    return stated.kind if isinstance(stated, Filter) else stated


def since_of(stated: Stated | None) -> int:
    """Return the first microversion (1.N) that has the argument."""
    return stated.since if isinstance(stated, Filter) else 1


def check(query: Mapping[str, Any], stated: Mapping[str, Stated], minor: int) -> dict[str, Any]:
    """Return the filters that a query sets.

    :param stated: the query arguments that the form declares; the filters that a path implies are not among them.

    :raises NotAcceptable: a filter is newer than the microversion.
    :raises InvalidParameterValue: a state or fault does not exist.
    """
    for name in query:
        since = since_of(stated.get(name))
        if since > minor:
            raise exception.NotAcceptable(
                f"Request not acceptable. The minimal required API version should be 1.{since}"
            )
    state, fault = query.get("provision_state"), query.get("fault")
    if state is not None and state not in provision_states.ROWS:
        raise exception.InvalidParameterValue(f'Provision state "{state}" is not valid')
    if fault is not None and fault not in FAULTS:
        raise exception.InvalidParameterValue(
            f'Unrecognized fault "{fault}" is specified, allowed faults are {FAULTS}'
        )
    return {name: value for name, value in query.items() if value is not None}
