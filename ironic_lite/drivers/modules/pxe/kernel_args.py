# SPDX-License-Identifier: Apache-2.0
"""Kernel arguments, parsed as the Linux kernel and iPXE parse them.

The kernel accepts blanks within double quotes as part of an argument. iPXE knows no quotes: it splits a script line at
blanks, treats the words ``||``, ``&&`` and ``;`` as the end of a command and a word that begins with ``#`` as a
comment, and replaces ``${...}``. Then it joins the words with single blanks. Somebody who may set a node's kernel
arguments must not be able to write scripts (CVE-2026-46447). So this module refuses each argument that iPXE would
interpret, and nothing else, and makes the line from the checked arguments.
"""

import re
from collections.abc import Iterator
from typing import Any

from oslo_config import cfg

from ironic_lite.common import exception, outbound
from ironic_lite.conf import CONF
from ironic_lite.drivers import ramdisk_images
from ironic_lite.images import sources

DEFAULT = "%default%"
"""Placeholder for the configured arguments within a node's own."""

_ARGUMENT = re.compile(r'(?:[^ "]|"[^"]*")+')
_OPERATORS = frozenset({"||", "&&", ";"})
_MAX_LENGTH = 4096


def parse(text: Any, what: str) -> list[str]:
    """Split a text into arguments; quotes are kept.

    :param what: the field of the text, for the message.
    :raises InvalidParameterValue: when an argument is refused; the message names the first one.
    """
    if not isinstance(text, str):
        raise _invalid(f"{what} must be text.")
    if len(text) > _MAX_LENGTH:
        raise _invalid(f"{what} is longer than {_MAX_LENGTH} characters.")
    text = text.replace("\t", " ")
    if not text.isprintable():
        raise _invalid(f"{what} has a line break or another control character; use blanks.")
    if text.count('"') % 2:
        raise _invalid(f"{what} has a double quote that is not closed.")
    arguments = _ARGUMENT.findall(text)
    for argument in arguments:
        problem = _problem(argument)
        if problem:
            raise _invalid(f"{what} holds the argument {argument!r}: {problem}.")
    return arguments


def _problem(argument: str) -> str | None:
    """Describe how iPXE would misread an argument; None when it is fine."""
    if "${" in argument:
        return "iPXE would replace '${...}' by a variable, and has no way to escape it"
    if "  " in argument:
        return "iPXE would replace several blanks by one"
    for word in argument.split(" "):
        if word in _OPERATORS:
            return f"iPXE would treat '{word}' between blanks as the end of the command"
        if word.startswith("#"):
            return "iPXE would treat a word that begins with '#' as a comment"
    return None


def problems() -> Iterator[str]:
    """Yield a message for each invalid kernel argument option in the configuration."""
    for group, name in (("pxe", "kernel_append_params"), ("inspector", "extra_kernel_params")):
        try:
            parse(CONF[group][name] or "", f"[{group}] {name}")
        except exception.InvalidParameterValue as exc:
            yield exc.message
        except cfg.Error:
            # The check of the configuration files reports values that cannot be read.
            continue


def of(node: Any, *places: str) -> list[str]:
    """Return a node's kernel arguments: ``kernel_append_params`` of the first place that has it, else the option's.

    :param places: ``instance_info`` and ``driver_info``, or one of the two.
    :raises InvalidParameterValue: when one cannot be used in a boot script.
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
    """Replace ``%default%`` in a node's arguments by the configured ones; without own arguments return those."""
    if own is None:
        return configured
    return own.replace(DEFAULT, configured)


def check_image(reference: Any, what: str) -> str:
    """Check that an image can be used in a boot script, and return its reference. Asks no other service.

    :raises MissingParameterValue: when it is missing.
    :raises InvalidParameterValue: when it is no image, or a URL holds characters that iPXE would interpret.
    """
    if sources.is_streamed(reference):
        return str(reference)
    return check_url(reference, what)


def ramdisk_problems() -> Iterator[str]:
    """Yield a message for each image of a ramdisk in the configuration that cannot be used."""
    for pair in ramdisk_images.configured():
        for found in pair.values():
            try:
                check_image(found.reference, found.where)
            except exception.InvalidParameterValue as exc:
                yield exc.message


def check_url(url: Any, what: str) -> str:
    """Check that a URL can be used in a boot script, and return it.

    :raises MissingParameterValue: when the URL is missing.
    :raises InvalidParameterValue: when it is not http or https, or holds characters that iPXE would interpret.
    """
    if not url:
        raise exception.MissingParameterValue(
            err=f"{what} is missing; set it to an http or https URL."
        )
    if not isinstance(url, str) or not url.isascii() or "${" in url:
        raise _invalid(
            f"{what} has characters that cannot be used in a boot script; percent-encode them."
        )
    try:
        outbound.parse(url, what)
    except outbound.OutboundError as exc:
        raise _invalid(
            f"{exc}. iPXE downloads it from there; the conductor stores no files."
        ) from exc
    return url


def _invalid(message: str) -> exception.InvalidParameterValue:
    return exception.InvalidParameterValue(err=message)
