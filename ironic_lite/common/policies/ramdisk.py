# SPDX-License-Identifier: Apache-2.0
"""What agents call. The routes are open to all; an operator may close them."""

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
        "Agents: hand over inspection data.",
        "POST /continue_inspection",
        scopes=None,
    ),
)
