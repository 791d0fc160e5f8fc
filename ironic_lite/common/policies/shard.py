# SPDX-License-Identifier: Apache-2.0
"""Shards."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:shards:get",
        base.SYSTEM_READER,
        "List the shards and their sizes.",
        "GET /shards",
    ),
)
