# SPDX-License-Identifier: Apache-2.0
"""Tells the engine of consoles which ones to have. One query, no lock, and no wait for a console."""

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.consoles.engine import Wanted
from ironic_lite.conductor.periodics import owned

COLUMNS = ("operation", "console_interface")


def run(context: ironic_context.RequestContext) -> None:
    """Compare once."""
    me = identity.current()
    if me.consoles is None or me.stopping.is_set():
        return
    rows = owned.nodes(context, {"console_enabled": True}, COLUMNS)
    me.consoles.keep([wanted(row) for row in rows if _has_stream(me, row)])


def wanted(row: owned.Row) -> Wanted:
    """Return what the engine has to know of a node."""
    return Wanted(row["uuid"], row["operation"], (row["driver"], row["console_interface"]))


def _has_stream(me: identity.Identity, row: owned.Row) -> bool:
    try:
        name = row["console_interface"] or me.drivers.default_interface(row["driver"], "console")
        interface = me.drivers.interface(row["driver"], "console", name)
    except exception.IronicLiteError:
        return False
    return bool(getattr(interface, "has_stream", False))
