# SPDX-License-Identifier: Apache-2.0
"""Secrets in URLs: everything before an ``@``, and arguments that have a secret's name or sign the URL."""

import re
from collections.abc import Callable

from ironic_lite.common.redaction import expressions
from ironic_lite.common.redaction.names import MASK, is_secret_key

# What texts hold comes from servers and clients, in any length: no pattern here tries a character often.
_IN_URL = expressions.compile(
    r"""(?<=://)(?:
        (?:[^/?\#\s"@]*+@)++                    # whatever stands before an @: user and password, or a token
        | [^/\s":@\[]*+:(?!\d*+(?:[/\s]|\Z))    # a password with a / in it, which no port has
          [^\s"@]{0,256}+@(?:[^/?\#\s"@]*+@)*+
    )
    | (?<=[?&;\#])(?P<name>[\w.~%-]++)=(?P<value>[^&\#\s"']++)""",
    re.VERBOSE,
)
_SIGNATURE = expressions.compile(r"signature|(?<![a-z])sig(?![a-z])", re.IGNORECASE)


def mask_url(text: str) -> str:
    """Return the text with the secrets in its URLs masked; the text itself when there are none."""
    return replace_in_urls(text, lambda _secret: MASK)


def replace_in_urls(text: str, replacement: Callable[[str], str]) -> str:
    """The text with something else in the place of the secrets of URLs: what stands before an ``@``, and the arguments
    that are secret by their names or sign the URL.
    """

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return f"{replacement(found[0][:-1])}@"
        if is_secret_key(name) or _SIGNATURE.search(name):
            return f"{name}={replacement(found['value'])}"
        return found[0]

    if "://" not in text or not ("@" in text or "=" in text):
        return text
    return _IN_URL.sub(replaced, text)
