# SPDX-License-Identifier: Apache-2.0
"""The names of discovered nodes, by ``[auto_discovery] name_template``."""

import re
import string
from collections.abc import Iterator

from oslo_utils import uuidutils

from ironic_lite.common import node_names
from ironic_lite.conductor.discovery.facts import Facts
from ironic_lite.conf import CONF

_FIELDS = ("serial", "manufacturer", "product", "system_uuid", "hostname", "mac", "bmc_address")
_ODD = re.compile(r"[^A-Za-z0-9._~-]+")
_LONGEST = 100
_TRIES = 20


def problems() -> Iterator[str]:
    """Yield a message if the template cannot be used."""
    try:
        parts = list(string.Formatter().parse(CONF.auto_discovery.name_template))
    except ValueError as exc:
        yield f"[auto_discovery] name_template is wrong: {exc}"
        return
    for _, field, form, conversion in parts:
        if field is not None and (field not in _FIELDS or form or conversion):
            listed = ", ".join(f"{{{each}}}" for each in _FIELDS)
            yield f"[auto_discovery] name_template has {{{field}}}; it may contain {listed}."


def candidates(facts: Facts) -> Iterator[str | None]:
    """Yield names to try until one is free: the name, then with numbers, and at last None for no name."""
    name = _name(facts)
    if name is not None:
        yield name
        for number in range(2, _TRIES):
            yield f"{name}-{number}"
    yield None


def _name(facts: Facts) -> str | None:
    template = CONF.auto_discovery.name_template
    mac = facts.boot_mac or (facts.macs[0] if facts.macs else None)
    values = {
        "serial": facts.serial,
        "manufacturer": facts.manufacturer,
        "product": facts.product,
        "system_uuid": facts.system_uuid,
        "hostname": facts.hostname,
        "mac": mac and mac.replace(":", ""),
        "bmc_address": facts.best_bmc,
    }
    wanted = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    if any(not values.get(field) for field in wanted):
        return None
    name = _ODD.sub("-", template.format_map(values)).strip("-.")[:_LONGEST].strip("-.")
    if uuidutils.is_uuid_like(name) or name in node_names.RESERVED:
        # In a path of the API it would mean something else.
        name = f"server-{name}"
    return name or None
