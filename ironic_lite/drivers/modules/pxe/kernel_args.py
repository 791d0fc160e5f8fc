# SPDX-License-Identifier: Apache-2.0
"""Kernel arguments, read as the Linux kernel and iPXE read them.

The kernel takes blanks between double quotes as part of an argument. iPXE knows no quotes: it cuts a line of its script
into words at blanks, takes the words ``||``, ``&&`` and ``;`` as the ends of a command and a word that begins with
``#`` as the beginning of a comment, and replaces ``${...}``. In the end it puts single blanks between the words again.
A person who may set a node's kernel arguments must not thereby write scripts (CVE-2026-46447), so what iPXE would take
for itself is refused, argument by argument, and the line is made of what has been checked. Nothing else is refused.
"""

import re
from collections.abc import Iterator
from typing import Any

from oslo_config import cfg

from ironic_lite.common import exception, outbound
from ironic_lite.conf import CONF

DEFAULT = "%default%"
"""Stands for the configured arguments within a node's own."""

_ARGUMENT = re.compile(r'(?:[^ "]|"[^"]*")+')
_OPERATORS = frozenset({"||", "&&", ";"})
_MAX_LENGTH = 4096


def parse(text: Any, what: str) -> list[str]:
    """The arguments in a text; quotes stay where they are.

    :param what: where the text stands, for the message.
    :raises InvalidParameterValue: naming the first argument that is refused.
    """
    if not isinstance(text, str):
        raise _invalid(f"{what} must be text.")
    if len(text) > _MAX_LENGTH:
        raise _invalid(f"{what} is longer than {_MAX_LENGTH} characters.")
    text = text.replace("\t", " ")
    if not text.isprintable():
        raise _invalid(f"{what} has a line break or another control character; use blanks.")
    if text.count('"') % 2:
        raise _invalid(f"{what} has a double quote without its second one.")
    arguments = _ARGUMENT.findall(text)
    for argument in arguments:
        problem = _problem(argument)
        if problem:
            raise _invalid(f"{what} holds the argument {argument!r}: {problem}.")
    return arguments


def _problem(argument: str) -> str | None:
    """What iPXE would make of an argument that is none of its business."""
    if "${" in argument:
        return "iPXE would replace '${...}' by a variable of its own, and knows no way to write it"
    if "  " in argument:
        return "iPXE would make one blank of several"
    for word in argument.split(" "):
        if word in _OPERATORS:
            return f"iPXE would take '{word}' between blanks for the end of its command"
        if word.startswith("#"):
            return "iPXE would take a word that begins with '#' for a comment"
    return None


def problems() -> Iterator[str]:
    """What is wrong with the kernel arguments in the configuration, a line each."""
    for group, name in (("pxe", "kernel_append_params"), ("inspector", "extra_kernel_params")):
        try:
            parse(CONF[group][name] or "", f"[{group}] {name}")
        except exception.InvalidParameterValue as exc:
            yield exc.message
        except cfg.Error:
            # Whoever reads the files tells of values that cannot be read.
            continue


def of(node: Any, *places: str) -> list[str]:
    """Arguments of a node's kernel: ``kernel_append_params`` of the first place that has them, else those configured.

    :param places: ``instance_info`` and ``driver_info``, or one of them.
    :raises InvalidParameterValue: when they cannot stand in a boot script.
    """
    where, own = "[pxe] kernel_append_params", None
    for place in places:
        own = getattr(node, place).get("kernel_append_params")
        if own is not None:
            where = f"{place}/kernel_append_params"
            break
    if own is not None and not isinstance(own, str):
        raise _invalid(f"{where} must be text.")
    return parse(expand(own, CONF.pxe.kernel_append_params or ""), where)


def expand(own: str | None, configured: str) -> str:
    """A node's arguments with the configured ones in place of ``%default%``; the configured ones if it has none."""
    if own is None:
        return configured
    return own.replace(DEFAULT, configured)


def check_url(url: Any, what: str) -> str:
    """A URL that may stand in a boot script.

    :raises MissingParameterValue: when it is not there.
    :raises InvalidParameterValue: when it is not http or https, or holds what iPXE would take for something else.
    """
    if not url:
        raise exception.MissingParameterValue(
            err=f"{what} is missing; set it to an http or https URL."
        )
    if not isinstance(url, str) or not url.isascii() or "${" in url:
        raise _invalid(
            f"{what} has characters that cannot stand in a boot script; percent-encode them."
        )
    try:
        outbound.parse(url, what)
    except outbound.OutboundError as exc:
        raise _invalid(f"{exc}. iPXE fetches it, and the conductor stores no files.") from exc
    return url


def _invalid(message: str) -> exception.InvalidParameterValue:
    return exception.InvalidParameterValue(err=message)
