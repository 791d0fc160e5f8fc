# SPDX-License-Identifier: Apache-2.0
"""Checks that no notification is missing: those of a node's provision states form one chain up to the present state."""

from collections.abc import Iterable, Mapping

from tests.functional.notifications import Message, data

_MOVES = "baremetal.node.provision_set."


def gaps(messages: Iterable[Message], now: Mapping[str, str], first: str = "enroll") -> list[str]:
    """Return the gaps in the chains of all nodes, as text.

    :param messages: each message once, in any order, because errors and other messages have different queues.
    :param now: node UUID -> provision state in the API.
    """
    told: dict[str, list[Message]] = {node: [] for node in now}
    for message in messages:
        node = data(message).get("uuid")
        if message["event_type"].startswith(_MOVES) and node in told:
            told[node].append(message)
    found = []
    for node, state in now.items():
        before = first
        for message in sorted(told[node], key=lambda m: str(m["timestamp"])):
            payload = data(message)
            if payload["previous_provision_state"] != before:
                found.append(
                    f"{node}: no notification of the change from '{before}' to "
                    f"'{payload['previous_provision_state']}' before {message['timestamp']}"
                )
            before = payload["provision_state"]
        if before != state:
            found.append(f"{node}: it is '{state}', and the last notification has '{before}'")
    return found
