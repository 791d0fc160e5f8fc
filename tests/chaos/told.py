# SPDX-License-Identifier: Apache-2.0
"""No notification is missing: those about a node's provision states make one unbroken chain, up to the present one."""

from collections.abc import Iterable, Mapping

from tests.functional.notifications import Message, data

_MOVES = "baremetal.node.provision_set."


def gaps(messages: Iterable[Message], now: Mapping[str, str], first: str = "enroll") -> list[str]:
    """Where the chain of a node is broken.

    :param messages: each once, in any order: errors and the rest come over two queues.
    :param now: node UUID -> the provision state that the API shows.
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
                    f"{node}: nothing tells how it came from '{before}' to "
                    f"'{payload['previous_provision_state']}' before {message['timestamp']}"
                )
            before = payload["provision_state"]
        if before != state:
            found.append(f"{node}: it is '{state}', and the last that was told is '{before}'")
    return found
