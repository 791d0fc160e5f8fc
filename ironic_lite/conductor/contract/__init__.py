# SPDX-License-Identifier: Apache-2.0
"""What may be asked of conductors: each RPC, once.

A method here is the declaration: its name, its arguments and its docstring, and by its decorator the version, the lock
and what it is for, the time that an answer may take, and what happens when no conductor answers. ``rpcapi`` derives
the client's side from it, ``endpoints.serving`` the conductor's; nothing else knows an RPC's name. It imports neither
drivers nor the engine, so that an API process can have it.

To add a call: declare it with the next version in ``since``, bind a function to it in the endpoint of its contract,
and give the version to the release (``common.release_mappings``). What is released keeps its name and its
arguments; new arguments have defaults. ``tests/unit/conductor/released_calls.json`` has the calls of the last release.
"""

from typing import Protocol

from ironic_lite.conductor.contract import declaration
from ironic_lite.conductor.contract.allocations import AllocationCalls
from ironic_lite.conductor.contract.hardware import HardwareCalls
from ironic_lite.conductor.contract.nodes import NodeCalls
from ironic_lite.conductor.contract.objects import ObjectCalls
from ironic_lite.conductor.contract.records import RecordCalls


class ConductorCalls(NodeCalls, RecordCalls, HardwareCalls, AllocationCalls, ObjectCalls, Protocol):
    """All of them."""


CALLS = declaration.declared(ConductorCalls)
"""``{name: declaration}``."""

VERSION = max(
    (call.since for call in CALLS.values()), key=lambda since: [int(n) for n in since.split(".")]
)
"""The newest version of the RPC surface that this release speaks."""
