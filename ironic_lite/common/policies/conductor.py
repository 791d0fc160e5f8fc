# SPDX-License-Identifier: Apache-2.0
"""Conductors."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:conductor:get",
        base.SYSTEM_READER,
        "See conductors.",
        "GET /conductors",
        "GET /conductors/{hostname}",
    ),
)
