# SPDX-License-Identifier: Apache-2.0
"""A node, and a scripted agent on its server."""

import dataclasses
from typing import Any

from ironic_lite import objects
from ironic_lite.common import states
from ironic_lite.conductor.agents import agent_contact
from tests.functional.flows import verbs
from tests.functional.flows.scripted_agent import ScriptedAgent
from tests.functional.flows.workshop import Workshop


@dataclasses.dataclass
class Booted:
    """A node and the agent on its server."""

    workshop: Workshop
    agent: ScriptedAgent
    node: objects.Node
    token: str = ""

    def look_up(self) -> str:
        """Do the agent's lookup; return its token."""
        with self.workshop.identity.active():
            found = agent_contact.lookup(self.workshop.context, self.node.id)
        self.token = found.agent_secret_token
        return self.token

    def heartbeat(self, **changes: Any) -> Any:
        """Send the agent's heartbeat; return the node once it is unlocked."""
        call = {
            "callback_url": self.agent.url,
            "agent_version": "13.0.0",
            "agent_token": self.token,
            **changes,
        }
        with self.workshop.identity.active():
            agent_contact.heartbeat(self.workshop.context, self.node.id, **call)
        return self.workshop.idle(self.node)

    def clean(self, steps: list[dict[str, Any]]) -> Any:
        """Start a manual cleaning, up to where its first step runs in the agent."""
        waiting = self.workshop.do(verbs.clean, self.node, steps)
        assert waiting.provision_state == states.CLEANWAIT
        self.look_up()
        return self.heartbeat()

    @property
    def now(self) -> Any:
        """Read the node again."""
        return self.workshop.node(self.node)
