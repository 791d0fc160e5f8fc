# SPDX-License-Identifier: Apache-2.0
"""Access rules: one module per resource, with Ironic's rule names and defaults."""

from collections.abc import Iterator

from oslo_policy import policy

from ironic_lite.common.policies import (
    allocation,
    base,
    chassis,
    conductor,
    deploy_template,
    driver,
    event,
    image,
    inspection_rule,
    node,
    node_resources,
    node_states,
    node_update,
    port,
    portgroup,
    ramdisk,
    runbook,
    shard,
    volume,
)

_MODULES = (
    base,
    node,
    node_update,
    node_states,
    node_resources,
    port,
    portgroup,
    chassis,
    volume,
    allocation,
    driver,
    conductor,
    shard,
    event,
    deploy_template,
    runbook,
    inspection_rule,
    image,
    ramdisk,
)


def list_rules() -> Iterator[policy.RuleDefault]:
    """Yield all rules. ``api.documented_rules`` adds the operations that ask them, for the sample file."""
    for module in _MODULES:
        yield from module.RULES
