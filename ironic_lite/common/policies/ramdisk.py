# SPDX-License-Identifier: Apache-2.0
"""Requests of agents. The routes are open to everybody; an operator may close them."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.ANYBODY: {
            "baremetal:node:ipa_heartbeat": "Agents: heartbeat.",
            "baremetal:driver:ipa_lookup": "Agents: lookup.",
            "baremetal:driver:ipa_continue_inspection": "Agents: send inspection data.",
        },
    },
    scopes=None,
)
