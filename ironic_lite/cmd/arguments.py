# SPDX-License-Identifier: Apache-2.0
"""Argument types that several commands share."""

import argparse
import urllib.parse
from collections.abc import Callable


def parser(name: str, documentation: str | None) -> argparse.ArgumentParser:
    """Return a parser for a command, described by its module's docstring."""
    text = (documentation or "").replace("``", "'")
    return argparse.ArgumentParser(prog=f"ironic-lite {name}", description=text)


def number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return an argument type: a whole number in a range, both ends included."""

    def parse(text: str) -> int:
        if text.isdecimal() and lowest <= int(text) <= highest:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"must be a number from {lowest} to {highest}, not {text!r}"
        )

    return parse


def positive(text: str) -> float:
    """Argument type: a number above zero; fractions are allowed."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if 0 < value < float("inf"):
        return value
    raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")


def node(text: str) -> str:
    """Argument type: UUID or name of a node."""
    if text.strip():
        return text
    raise argparse.ArgumentTypeError("must be the UUID or the name of a node, not empty")


def url(text: str) -> str:
    """Argument type: an http or https URL."""
    try:
        parts = urllib.parse.urlsplit(text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if fits:
        return text
    raise argparse.ArgumentTypeError(f"must be a URL such as http://127.0.0.1:6385, not {text!r}")


PORT = number(0, 65535)
"""A TCP or UDP port; 0 means any free port."""
