# SPDX-License-Identifier: Apache-2.0
"""What a node's ``driver_info`` says about images and the end of a deployment: honoured, or refused by name."""

from typing import Any

from oslo_utils import strutils

from ironic_lite.common import exception
from ironic_lite.drivers import available

PROPERTIES = {
    "image_http_proxy": "URL of the proxy that the agent fetches http images through. Optional.",
    "image_https_proxy": "URL of the proxy that the agent fetches https images through. Optional.",
    "image_no_proxy": "Hosts, with commas between them, that the agent reaches without a proxy. Optional.",
    "image_download_source": "Who fetches images: the agent, and nobody else. One of http. Optional.",
    "agent_verify_ca": "Must not be false or name a file: agents are verified by the certificate that they send. "
    "Optional.",
    "deploy_forces_oob_reboot": "Whether the BMC alone powers the server off at the end of a deployment, and not the "
    "agent. One of true, false. Optional.",
}

_PROXIED = ("http", "https")
_BY_AGENT = "http"


def validate(node: Any) -> None:
    """Check all of these fields.

    :raises InvalidParameterValue: naming the field that is wrong, or that cannot be honoured, and what to do.
    :raises ImageRefValidationFailed: naming the proxy that is no URL.
    """
    for name in (f"image_{scheme}_proxy" for scheme in _PROXIED):
        if node.driver_info.get(name):
            available.check_text(node.driver_info[name], f"driver_info/{name}")
    if not isinstance(node.driver_info.get("image_no_proxy") or "", str):
        raise _invalid("driver_info/image_no_proxy must be text: hosts with commas between them.")
    for where in ("driver_info", "instance_info"):
        source = getattr(node, where).get("image_download_source")
        if source not in (None, "", _BY_AGENT):
            raise _invalid(
                f"{where}/image_download_source is '{source}', and images are fetched by the agent only; set it to "
                f"'{_BY_AGENT}', or remove it."
            )
    _check_certificate(node.driver_info.get("agent_verify_ca"))
    forces_power_off(node)


def _check_certificate(value: Any) -> None:
    if value in (None, ""):
        return
    try:
        verified = strutils.bool_from_string(value, strict=True)
    except ValueError:
        verified = False
    if not verified:
        raise _invalid(
            "driver_info/agent_verify_ca cannot be honoured: an agent is verified by the certificate that it sends "
            "with its first heartbeat, and by nothing else. Remove the field."
        )


def forces_power_off(node: Any) -> bool:
    """Whether the BMC ends a deployment, and the agent is not asked to.

    :raises InvalidParameterValue: when that is not said by true or false.
    """
    value = node.driver_info.get("deploy_forces_oob_reboot")
    if value in (None, ""):
        return False
    try:
        return bool(strutils.bool_from_string(value, strict=True))
    except ValueError:
        raise _invalid("driver_info/deploy_forces_oob_reboot must be true or false.") from None


def proxies(node: Any) -> dict[str, Any]:
    """``proxies`` and ``no_proxy`` in the agent's words; empty without proxies."""
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
