# SPDX-License-Identifier: Apache-2.0
"""Shards."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_READER: {"baremetal:shards:get": "List the shards and their sizes."},
    }
)
