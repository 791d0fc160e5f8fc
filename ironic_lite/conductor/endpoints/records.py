# SPDX-License-Identifier: Apache-2.0
"""Serves ``contract.records``."""

from ironic_lite.conductor.contract.records import RecordCalls
from ironic_lite.conductor.endpoints.serving import locked, served
from ironic_lite.conductor.records import (
    port_records,
    portgroup_records,
    trait_records,
    volume_records,
)

SERVED = served(
    RecordCalls,
    locked(RecordCalls.create_port)(port_records.create),
    locked(RecordCalls.update_port)(port_records.update),
    locked(RecordCalls.destroy_port)(port_records.destroy),
    locked(RecordCalls.update_portgroup)(portgroup_records.update),
    locked(RecordCalls.destroy_portgroup)(portgroup_records.destroy),
    locked(RecordCalls.update_volume)(volume_records.update),
    locked(RecordCalls.destroy_volume)(volume_records.destroy),
    locked(RecordCalls.add_node_traits)(trait_records.add),
    locked(RecordCalls.remove_node_traits)(trait_records.remove),
)
