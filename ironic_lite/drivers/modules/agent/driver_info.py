# SPDX-License-Identifier: Apache-2.0
"""Fields of a node's ``driver_info`` about images and the end of a deployment. None is ignored."""

from typing import Any

from oslo_utils import strutils

from ironic_lite.common import exception, outbound
from ironic_lite.drivers import node_images

PROPERTIES = {
    "image_http_proxy": "URL of the proxy through which the agent downloads http images. Optional.",
    "image_https_proxy": "URL of the proxy through which the agent downloads https images. Optional.",
    "image_no_proxy": "Hosts that the agent reaches without a proxy, separated by commas. Optional.",
    "image_download_source": "How the agent gets the instance's image from a web server: from there (http), or through "
    "the API (local). One of http, local. Optional.",
    "agent_verify_ca": "Must not be false or a file name: the service verifies an agent by the certificate it sends. "
    "Optional.",
    "deploy_forces_oob_reboot": "Whether the BMC, and not the agent, powers the server off at the end of a "
    "deployment. One of true, false. Optional.",
}

_PROXIED = ("http", "https")


def validate(node: Any) -> None:
    """Check all of these fields.

    :raises InvalidParameterValue: for a field that is wrong or not supported; the message says what to do.
    """
    for name in (f"image_{scheme}_proxy" for scheme in _PROXIED):
        if node.driver_info.get(name):
            _check_proxy(node.driver_info[name], f"driver_info/{name}")
    if not isinstance(node.driver_info.get("image_no_proxy") or "", str):
        raise _invalid(
            "driver_info/image_no_proxy must be a string of host names, separated by commas."
        )
    for where in ("driver_info", "instance_info"):
        source = getattr(node, where).get(node_images.DOWNLOAD_SOURCE)
        if source not in (None, "", node_images.DIRECTLY, node_images.THROUGH_API):
            raise _invalid(
                f"{where}/image_download_source is '{source}', which is not supported; set it to "
                f"'{node_images.DIRECTLY}' or '{node_images.THROUGH_API}', or remove it."
            )
    _check_certificate(node.driver_info.get("agent_verify_ca"))
    forces_power_off(node)


def _check_proxy(url: Any, what: str) -> None:
    try:
        outbound.parse(url, what)
    except outbound.OutboundError as exc:
        raise _invalid(f"{exc}.") from exc


def _check_certificate(value: Any) -> None:
    if value in (None, ""):
        return
    try:
        verified = strutils.bool_from_string(value, strict=True)
    except ValueError:
        verified = False
    if not verified:
        raise _invalid(
            "driver_info/agent_verify_ca is not supported: the service verifies an agent by the certificate that it "
            "sends with its first heartbeat, and by nothing else. Remove the field."
        )


def forces_power_off(node: Any) -> bool:
    """Tell whether the BMC, and not the agent, powers the server off at the end of a deployment.

    :raises InvalidParameterValue: when the field is neither true nor false.
    """
    value = node.driver_info.get("deploy_forces_oob_reboot")
    if value in (None, ""):
        return False
    try:
        return bool(strutils.bool_from_string(value, strict=True))
    except ValueError:
        raise _invalid("driver_info/deploy_forces_oob_reboot must be true or false.") from None


def proxies(node: Any) -> dict[str, Any]:
    """Return ``proxies`` and ``no_proxy`` as the agent reads them; an empty dict without proxies."""
    found = {
        scheme: node.driver_info[f"image_{scheme}_proxy"]
        for scheme in _PROXIED
        if node.driver_info.get(f"image_{scheme}_proxy")
    }
    if not found:
        return {}
    excepted = node.driver_info.get("image_no_proxy")
    return {"proxies": found, **({"no_proxy": excepted} if excepted else {})}


def _invalid(message: str) -> exception.InvalidParameterValue:
    return exception.InvalidParameterValue(err=message)
