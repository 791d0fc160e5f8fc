# SPDX-License-Identifier: Apache-2.0
"""The node: the declaration of all its fields."""

import re
from typing import Any

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import BOTH, Field, Reader, Row, computed, links
from ironic_lite.api.resources.network_data import NetworkData
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.view import NodeKey, View
from ironic_lite.common import exception, node_names, redaction, states
from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF

# The first microversion of each hardware interface.
INTERFACES = {
    "bios": 40,
    "boot": 31,
    "console": 31,
    "deploy": 31,
    "firmware": 86,
    "inspect": 31,
    "management": 31,
    "network": 20,
    "power": 31,
    "raid": 31,
    "rescue": 38,
    "storage": 33,
    "vendor": 31,
}

FAULTS = ("power failure", "clean failure", "rescue abort failure", "service failure")


class _ConductorGroup(types.Text):
    """The name of a group of conductors; its case has no meaning."""

    name = "conductor group"
    _pattern = "^[a-zA-Z0-9_.-]*$"

    def __init__(self) -> None:
        super().__init__()
        self.schema = {**self.schema, "pattern": self._pattern}

    def check(self, value: Any) -> str:
        group = super().check(value)
        if re.fullmatch(self._pattern, group) is None:
            raise ValueError(
                "{name} may only hold letters, digits and the characters - _ . : {value}"
            )
        return group.lower()


class _Properties(types.Kind):
    """The properties of a server. Nova does arithmetic with some of them, which therefore must be numbers."""

    name = "properties"
    schema = types.OBJECT.schema
    _counted = ("local_gb", "memory_mb")

    def check(self, value: Any) -> dict[str, Any]:
        properties: dict[str, Any] = types.OBJECT.check(value)
        for key in self._counted:
            if properties.get(key) is not None:
                self._check_count(key, properties[key])
        return properties

    @staticmethod
    def _check_count(key: str, value: Any) -> None:
        try:
            good = isinstance(value, (int, float, str)) and int(value) >= 0
        except (ValueError, OverflowError):
            good = False
        if not good:
            raise ValueError(f"{{name}}/{key} must be a whole number of at least 0")


def _provision_state(minor: int) -> Reader | None:
    """Return the reader that replaces states newer than the microversion: 1.1 has null for ``available``, and 1.38 has
    no ``inspect wait``.
    """
    names = provision_states.shown_at(minor)
    if not names:
        return None
    return lambda row, view: names.get(row["provision_state"], row["provision_state"])


def _conductor(row: Row, view: View) -> str | None:
    return view.conductor_of(NodeKey(row["driver"], row["conductor_group"], row["uuid"]))


_PROVISION_STATE = types.Shown({"enum": list(provision_states.ROWS)})
_POWER_STATE = types.Shown({"enum": [*states.POWER_TARGETS, states.ERROR]})


def _cleaning_rule(wanted: Any) -> str | None:
    """Return the access rule for setting ``automated_clean``; None: the node's rule.

    Cleaning protects the next tenant's data, so a client needs more rights to disable it. A null disables it if
    ``[conductor] automated_clean`` is false.
    """
    cleans = CONF.conductor.automated_clean if wanted is None else wanted is True
    return None if cleans else "baremetal:node:disable_cleaning"


def _maintenance_rule(wanted: Any) -> str:
    """Return the access rule of ``PUT`` or ``DELETE /v1/nodes/{node}/maintenance``, which do the same."""
    return f"baremetal:node:{'set' if wanted else 'clear'}_maintenance"


def _interface(kind: str, since: int) -> Field:
    return Field(
        name=f"{kind}_interface",
        since=since,
        write_rule="baremetal:node:update:driver_interfaces",
        **BOTH,
    )


def _json(name: str, since: int = 1, kind: types.Kind = types.OBJECT, **more: Any) -> Field:
    return Field(name=name, kind=kind, since=since, **more)


NODE = Resource(
    "node",
    "nodes",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="automated_clean", since=47, write_rule=_cleaning_rule, **BOTH),
        Field(name="boot_mode", since=75, create=True, write_rule="baremetal:node:set_boot_mode"),
        _json("clean_step", 7, redact=redaction.mask),
        Field(
            name="conductor_group",
            filter=types.TEXT,
            kind=_ConductorGroup(),
            since=46,
            write_rule="baremetal:node:update:conductor_group",
            **BOTH,
        ),
        Field(name="console_enabled"),
        _json("deploy_step", 44, redact=redaction.mask),
        Field(name="description", kind=types.Text(4096), since=51, **BOTH),
        Field(
            name="disable_power_off",
            since=95,
            write_rule="baremetal:node:update:disable_power_off",
            **BOTH,
        ),
        Field(
            name="driver",
            filter=types.TEXT,
            filter_since=16,
            mandatory=True,
            write_rule="baremetal:node:update:driver_interfaces",
            **BOTH,
        ),
        _json(
            "driver_info",
            redact=redaction.mask,
            rule="baremetal:node:get:driver_info",
            write_rule="baremetal:node:update:driver_info",
            secrets_rule="show_password",
            **BOTH,
        ),
        _json(
            "driver_internal_info",
            3,
            redact=redaction.mask,
            rule="baremetal:node:get:driver_internal_info",
        ),
        _json("extra", write_rule="baremetal:node:update_extra", **BOTH),
        Field(
            name="fault",
            filter=types.Word(*FAULTS),
            kind=types.Shown({"enum": list(FAULTS)}),
            since=42,
        ),
        Field(name="health", since=109),
        Field(name="inspection_finished_at", since=6),
        Field(name="inspection_started_at", since=6),
        _json(
            "instance_info",
            # The conductor stores the config drive here, and limits its size itself.
            unmeasured=("configdrive",),
            redact=redaction.mask_instance_info,
            write_rule="baremetal:node:update_instance_info",
            secrets_rule="show_instance_secrets",
            **BOTH,
        ),
        Field(
            name="instance_name",
            filter=types.TEXT,
            kind=types.Text(min_length=1),
            since=104,
            write_rule="baremetal:node:update_instance_info",
            **BOTH,
        ),
        Field(
            name="instance_uuid",
            filter=types.UUID,
            row=True,
            write_rule="baremetal:node:update:instance_uuid",
            **BOTH,
        ),
        Field(name="last_error", rule="baremetal:node:get:last_error"),
        Field(
            name="lessee",
            filter=types.TEXT,
            since=65,
            write_rule="baremetal:node:update:lessee",
            **BOTH,
        ),
        Field(
            name="maintenance",
            filter=types.BOOLEAN,
            row=True,
            write_rule=_maintenance_rule,
            **BOTH,
        ),
        Field(name="maintenance_reason"),
        Field(name="name", since=5, row=True, write_rule="baremetal:node:update:name", **BOTH),
        Field(
            name="network_data",
            kind=NetworkData(),
            since=66,
            write_rule="baremetal:node:update:network_data",
            **BOTH,
        ),
        Field(
            name="owner",
            filter=types.TEXT,
            since=50,
            write_rule="baremetal:node:update:owner",
            **BOTH,
        ),
        Field(
            name="parent_node",
            filter=types.UUID_OR_NAME,
            kind=types.UUID_OR_NAME,
            since=83,
            write_rule="baremetal:node:update:parent_node",
            **BOTH,
        ),
        Field(name="power_state", kind=_POWER_STATE, row=True),
        _json(
            "properties", kind=_Properties(), write_rule="baremetal:node:update:properties", **BOTH
        ),
        Field(name="protected", since=48, update=True),
        Field(name="protected_reason", since=48, update=True),
        Field(
            name="provision_state",
            filter=types.Word(*provision_states.ROWS),
            filter_since=9,
            kind=_PROVISION_STATE,
            row=True,
            reader=_provision_state,
        ),
        Field(name="provision_updated_at"),
        _json("raid_config", 12),
        Field(name="reservation", rule="baremetal:node:get:reservation"),
        Field(name="resource_class", filter=types.TEXT, since=21, **BOTH),
        Field(
            name="retired",
            filter=types.BOOLEAN,
            filter_since=1,
            since=61,
            write_rule="baremetal:node:update:retired",
            **BOTH,
        ),
        Field(name="retired_reason", since=61, write_rule="baremetal:node:update:retired", **BOTH),
        Field(
            name="secure_boot", since=75, create=True, write_rule="baremetal:node:set_secure_boot"
        ),
        _json("service_step", 87, redact=redaction.mask),
        Field(
            name="shard",
            filter=types.CSV,
            since=82,
            write_rule="baremetal:node:update:shard",
            **BOTH,
        ),
        Field(name="target_power_state", kind=_POWER_STATE),
        Field(name="target_provision_state", kind=_PROVISION_STATE),
        _json("target_raid_config", 12),
        *(_interface(kind, since) for kind, since in INTERFACES.items()),
        Field(
            name="conductor",
            filter=types.TEXT,
            kind=types.WORD,
            since=49,
            columns=("driver", "conductor_group", "uuid"),
            reader=computed(_conductor),
        ),
        # These are read with the node in one query.
        Field(name="allocation_uuid", since=52),
        Field(
            name="chassis_uuid",
            filter=types.UUID,
            removable_since=25,
            write_rule="baremetal:node:update:chassis_uuid",
            **BOTH,
        ),
        Field(name="traits", since=37),
        links("nodes"),
        links("nodes", "ports", "/ports", since=1, row=False),
        links("nodes", "states", "/states", since=14, row=False),
        links("nodes", "portgroups", "/portgroups", since=24, row=False),
        links("nodes", "volume", "/volume", since=32, row=False),
    ),
    record=objects.Node,
    owned=True,
)

STATES = Resource(
    "states",
    "states",
    (
        Field(name="console_enabled"),
        Field(name="last_error", rule="baremetal:node:get:last_error"),
        Field(name="power_state", kind=_POWER_STATE),
        Field(name="provision_state", kind=_PROVISION_STATE, reader=_provision_state),
        Field(name="target_power_state", kind=_POWER_STATE),
        Field(name="target_provision_state", kind=_PROVISION_STATE),
        Field(name="provision_updated_at"),
        _json("raid_config", 12),
        _json("target_raid_config", 12),
        Field(name="boot_mode", since=75),
        Field(name="secure_boot", since=75),
    ),
    record=objects.Node,
    owned=True,
)


def check_name(name: Any) -> None:
    """:raises InvalidParameterValue: it is not a valid name of a node."""
    if name is None:
        return
    if not types.is_name(name):
        raise exception.InvalidParameterValue(
            f"Cannot give a node the invalid name '{str(name)[:64]}'. A name has at most 255 letters, digits and "
            "the characters - . _ ~, and is no UUID."
        )
    if name in node_names.RESERVED:
        raise exception.InvalidParameterValue(
            f'The word "{name}" is reserved and can not be used as a node name. '
            f"Reserved words are: {', '.join(node_names.RESERVED)}."
        )
