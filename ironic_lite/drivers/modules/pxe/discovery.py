# SPDX-License-Identifier: Apache-2.0
"""The boot script of a server that no node is known for: it boots the deploy ramdisk, which sends what it finds."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers import api_address
from ironic_lite.drivers.modules.pxe import kernel_args, scripts
from ironic_lite.images import sources

CALLBACK = "ipa-inspection-callback-url"

_PARTS = ("kernel", "ramdisk")
_BUILT_FOR = {"i386": "x86_64", "x86_64": "x86_64", "arm64": "aarch64"}
"""``{architecture that an iPXE is built for: that of the servers}``. On BIOS, iPXE is built for i386."""


def callback() -> str:
    """Return the URL to which the agent sends its data. iPXE puts the server's SMBIOS UUID in.

    :raises InvalidParameterValue: when servers cannot reach the API.
    """
    return f"{api_address.url()}/v1/continue_inspection?system_uuid=${{uuid}}"


def script() -> str:
    """Return the script.

    :raises MissingParameterValue: when ``[conductor]`` names no deploy ramdisk.
    :raises InvalidParameterValue: when its images, or kernel arguments, cannot be used.
    """
    options = CONF.conductor
    images = {
        part: _url(options[f"deploy_{part}"], f"[conductor] deploy_{part}") for part in _PARTS
    }
    others = {
        built: {
            part: _url(options[f"deploy_{part}_by_arch"][architecture], f"deploy_{part}_by_arch")
            for part in _PARTS
        }
        for built, architecture in _BUILT_FOR.items()
        if all(architecture in options[f"deploy_{part}_by_arch"] for part in _PARTS)
    }
    arguments = [
        *kernel_args.parse(CONF.pxe.kernel_append_params or "", "[pxe] kernel_append_params"),
        *kernel_args.parse(CONF.inspector.extra_kernel_params, "[inspector] extra_kernel_params"),
        f"{CALLBACK}={callback()}",
        f"ipa-api-url={api_address.url()}",
        "BOOTIF=${mac}",
    ]
    return scripts.unknown_server(images, others, arguments)


def _url(reference: Any, what: str) -> str:
    kernel_args.check_image(reference, what)
    if sources.is_streamed(reference):
        raise exception.InvalidParameterValue(
            err=f"{what} must be an http or https URL: unknown servers boot it, and the API streams images to known "
            "ones only."
        )
    return str(reference)
