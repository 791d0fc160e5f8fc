# SPDX-License-Identifier: Apache-2.0
"""Agent tokens: random, and bound to the address of the lookup.

A token is given out once per boot. The answer may get lost with the API process or on its way. So a lookup from the
same address gets the token again, as long as no heartbeat has used it.
"""

import hashlib
import hmac
import secrets

_RANDOM_BYTES = 32
_TAG_LENGTH = 16


def new(address: str) -> str:
    """Return a new token for the agent at this address."""
    random = secrets.token_urlsafe(_RANDOM_BYTES)
    return random + _tag(random, address)


def is_given_to(token: str, address: str) -> bool:
    """Tell whether the token was made for an agent at this address."""
    random, tag = token[:-_TAG_LENGTH], token[-_TAG_LENGTH:]
    return hmac.compare_digest(tag.encode(), _tag(random, address).encode())


def _tag(random: str, address: str) -> str:
    return hmac.new(random.encode(), address.encode(), hashlib.sha256).hexdigest()[:_TAG_LENGTH]
