# SPDX-License-Identifier: Apache-2.0
"""A node, and a scripted agent on its server."""

import dataclasses
from typing import Any

from ironic_lite import objects
from ironic_lite.common import agent_token, redaction, states
from ironic_lite.conductor.agents import agent_contact
from tests.functional.flows import verbs
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.scripted_agent import ScriptedAgent


def look_up(context: Any, node_id: int) -> str:
    """Look a node up as the API does for its agent; return the agent's token, or the mask if another agent has it."""
    node = agent_contact.expected(context, node_id)
    token = agent_token.new("192.0.2.1")
    return token if objects.Node.claim_agent_token(context, node.id, token) else redaction.MASK


@dataclasses.dataclass
class Booted:
    """A node and the agent on its server."""

    core: ConductorCore
    agent: ScriptedAgent
    node: objects.Node
    token: str = ""

    def look_up(self) -> str:
        """Do the agent's lookup; return its token."""
        with self.core.identity.active():
            self.token = look_up(self.core.context, self.node.id)
        return self.token

    def heartbeat(self, **changes: Any) -> Any:
        """Send the agent's heartbeat; return the node once it is unlocked."""
        call = {
            "callback_url": self.agent.url,
            "agent_version": "13.0.0",
            "agent_token": self.token,
            **changes,
        }
        with self.core.identity.active():
            agent_contact.heartbeat(self.core.context, self.node.id, **call)
        return self.core.idle(self.node)

    def clean(self, steps: list[dict[str, Any]]) -> Any:
        """Start a manual cleaning, up to where its first step runs in the agent."""
        waiting = self.core.do(verbs.clean, self.node, steps)
        assert waiting.provision_state == states.CLEANWAIT
        self.look_up()
        return self.heartbeat()

    @property
    def now(self) -> Any:
        """Read the node again."""
        return self.core.node(self.node)
