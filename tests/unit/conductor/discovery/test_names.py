# SPDX-License-Identifier: Apache-2.0
"""Names of discovered nodes."""

from typing import Any

import pytest

from ironic_lite.api.resources.node import check_name
from ironic_lite.conductor.discovery import configuration, facts, names
from tests.options import overridden

UUID = "4c4c4544-0039-4d10-8052-b4c04f4b4e32"


def _first(template: str, **vendor: Any) -> str | None:
    inventory = {
        "interfaces": [{"name": "eno1", "mac_address": "52:54:00:00:00:01"}],
        "bmc_address": "192.0.2.7",
        "hostname": "ramdisk",
        "system_vendor": vendor,
    }
    with overridden({"auto_discovery": {"name_template": template}}):
        return next(names.candidates(facts.of(inventory)))


@pytest.mark.parametrize(
    ("template", "vendor", "name"),
    [
        ("{serial}", {"serial_number": "ABC1234"}, "ABC1234"),
        ("rack1-{serial}", {"serial_number": "A/B C;1"}, "rack1-A-B-C-1"),
        ("{manufacturer}-{product}", {"manufacturer": "Ä", "product_name": "R 640"}, "R-640"),
        ("{mac}", {}, "525400000001"),
        ("bmc-{bmc_address}", {}, "bmc-192.0.2.7"),
        ("{serial}", {"serial_number": UUID}, f"server-{UUID}"),
        ("{serial}", {"serial_number": "detail"}, "server-detail"),
        ("{serial}", {"serial_number": "x" * 500}, "x" * 100),
        ("{serial}", {}, None),
        ("{serial}", {"serial_number": "///"}, None),
        ("", {"serial_number": "ABC1234"}, None),
    ],
)
def test_a_name(template: str, vendor: dict[str, str], name: str | None) -> None:
    assert _first(template, **vendor) == name
    check_name(name)


def test_a_name_in_use_gets_a_number_and_at_last_none_is_given() -> None:
    inventory = {"interfaces": [], "system_vendor": {"serial_number": "A"}}
    with overridden({"auto_discovery": {"name_template": "{serial}"}}):
        found = list(names.candidates(facts.of(inventory)))
    assert found[:3] == ["A", "A-2", "A-3"]
    assert found[-1] is None and len(found) < 30


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"name_template": "{serial"}, "name_template is wrong"),
        ({"name_template": "{password}"}, "name_template has {password}"),
        ({"name_template": "{serial.__class__}"}, "name_template has {serial.__class__}"),
        ({"name_template": "{serial!r}"}, "name_template has {serial}"),
        ({"bmc_networks": ["192.0.2.0/99"]}, "bmc_networks has '192.0.2.0/99'"),
        ({"accept": "automatically"}, "needs bmc_username"),
        ({"accept": "automatically"}, "needs bmc_networks"),
        ({"accept": "automatically", "bmc_password_file": "/nowhere"}, "no file /nowhere"),
    ],
)
def test_options_that_are_reported_before_the_start(options: dict[str, Any], problem: str) -> None:
    with overridden({"auto_discovery": {"enabled": True, **options}}):
        assert any(problem in each for each in configuration.problems())
    with overridden({"auto_discovery": {"enabled": False, **options}}):
        assert not list(configuration.problems())


def test_the_defaults_are_right() -> None:
    with overridden({"auto_discovery": {"enabled": True}}):
        assert not list(configuration.problems())
