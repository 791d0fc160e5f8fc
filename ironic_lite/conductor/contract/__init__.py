# SPDX-License-Identifier: Apache-2.0
"""The RPCs to conductors, each declared once.

A method here declares an RPC: its name, arguments and docstring, and by its decorator the version, the lock and its
purpose, the timeout, and what happens when no conductor answers. ``rpcapi`` derives the client's side from it,
``endpoints.serving`` the conductor's; no other module names an RPC. The package imports neither drivers nor the
engine, so that an API process can import it.

To add an RPC: declare it with the next version in ``since``, bind a function to it in the endpoint of its contract,
and add the version to the release (``common.release_mappings``). A released RPC keeps its name and its arguments; new
arguments have defaults. ``tests/unit/conductor/released_calls.json`` has the calls of the last release.
"""

from typing import Protocol

from ironic_lite.conductor.contract import declaration
from ironic_lite.conductor.contract.allocations import AllocationCalls
from ironic_lite.conductor.contract.hardware import HardwareCalls
from ironic_lite.conductor.contract.nodes import NodeCalls
from ironic_lite.conductor.contract.objects import ObjectCalls
from ironic_lite.conductor.contract.records import RecordCalls


class ConductorCalls(NodeCalls, RecordCalls, HardwareCalls, AllocationCalls, ObjectCalls, Protocol):
    """All RPCs."""


CALLS = declaration.declared(ConductorCalls)
"""``{name: declaration}``."""

VERSION = max(
    (call.since for call in CALLS.values()), key=lambda since: [int(n) for n in since.split(".")]
)
"""The newest version of the RPC surface that this release speaks."""
