# SPDX-License-Identifier: Apache-2.0
"""Conductors."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_READER: {"baremetal:conductor:get": "See conductors."},
    }
)
