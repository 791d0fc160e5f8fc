# SPDX-License-Identifier: Apache-2.0
"""Requests of agents. The routes are open to everybody; an operator may close them."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:node:ipa_heartbeat",
        base.ANYBODY,
        "Agents: heartbeat.",
        "POST /heartbeat/{node_ident}",
        scopes=None,
    ),
    base.rule(
        "baremetal:driver:ipa_lookup",
        base.ANYBODY,
        "Agents: lookup.",
        "GET /lookup",
        scopes=None,
    ),
    base.rule(
        "baremetal:driver:ipa_continue_inspection",
        base.ANYBODY,
        "Agents: send inspection data.",
        "POST /continue_inspection",
        scopes=None,
    ),
)
