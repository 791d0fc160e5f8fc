# SPDX-License-Identifier: Apache-2.0
"""The properties of ``driver_info``, in the form from which Horizon's ironic-ui creates its enrolment form."""

import re

import pytest

from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.conf import CONF
from ironic_lite.drivers.factory import DriverFactory
from tests.options import overridden

_CHOICE = re.compile(r'[Oo]ne of (?!this)((?:(?:"[^"]+"|[^,. ]+)(?:, |\.))+)')
_DEFAULT = re.compile(r'default is ("[^"]+"|[^". ]+)')


def _properties() -> dict[str, str]:
    CONF([], project="ironic-lite", default_config_files=[])
    enabled = {
        "enabled_hardware_types": ["ipmi", "fake-hardware", "manual-management"],
        "enabled_boot_interfaces": ["ipxe", "fake"],
        "enabled_deploy_interfaces": ["direct", "ramdisk", "fake"],
        "enabled_management_interfaces": ["pyghmi", "noop", "fake"],
        "enabled_power_interfaces": ["pyghmi", "fake"],
    }
    found: dict[str, str] = {}
    with overridden({"DEFAULT": enabled}):
        factory = DriverFactory()
        for hardware_type in enabled["enabled_hardware_types"]:
            for kind in INTERFACE_TYPES:
                for name in factory.enabled_interfaces(hardware_type, kind):
                    found |= factory.interface(hardware_type, kind, name).get_properties()
    return found


def test_every_text_says_whether_it_is_needed() -> None:
    properties = _properties()
    assert {"ipmi_address", "deploy_kernel", "fast_track", "B1"} <= set(properties)
    for name, text in properties.items():
        assert text.endswith((" Required.", " Optional.")), f"{name}: {text}"


@pytest.mark.parametrize("word", [r"by default", r"\(default\)", r"Defaults? to", r"the default,"])
def test_no_text_tells_of_a_default_in_other_words(word: str) -> None:
    for name, text in _properties().items():
        assert not re.search(word, text), f"{name}: {text}"


def test_choices_and_defaults_are_found() -> None:
    properties = _properties()
    choices = {
        name: [word.strip('"') for word in found[1].rstrip(".").split(", ")]
        for name, text in properties.items()
        if (found := _CHOICE.search(text))
    }
    assert choices["ipmi_priv_level"] == ["ADMINISTRATOR", "OPERATOR", "USER", "CALLBACK"]
    assert choices["ipmi_cipher_suite"] == ["3", "17"]
    assert choices["force_persistent_boot_device"] == ["Always", "Default", "Never"]
    defaults = {
        name: found[1].strip('"')
        for name, text in properties.items()
        if (found := _DEFAULT.search(text))
    }
    assert defaults["ipmi_port"] == "623"
    assert defaults["ipmi_protocol_version"] == "2.0"
    for name, default in defaults.items():
        assert default in choices.get(name, [default]), name
