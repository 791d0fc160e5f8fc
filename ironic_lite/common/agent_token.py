# SPDX-License-Identifier: Apache-2.0
"""Tokens of agents: random, and bound to the address that asked for them.

A token is given out once per boot. The answer may get lost, with the API process that gives it or on its way; whoever
asks from the same address is told again then, for as long as nobody has used the token.
"""

import hashlib
import hmac
import secrets

_RANDOM_BYTES = 32
_TAG_LENGTH = 16


def new(address: str) -> str:
    """A token for the agent that asks from this address."""
    random = secrets.token_urlsafe(_RANDOM_BYTES)
    return random + _tag(random, address)


def is_given_to(token: str, address: str) -> bool:
    """Whether the token was made for an agent at this address."""
    random, tag = token[:-_TAG_LENGTH], token[-_TAG_LENGTH:]
    return hmac.compare_digest(tag.encode(), _tag(random, address).encode())


def _tag(random: str, address: str) -> str:
    return hmac.new(random.encode(), address.encode(), hashlib.sha256).hexdigest()[:_TAG_LENGTH]
