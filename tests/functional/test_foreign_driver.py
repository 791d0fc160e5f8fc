# SPDX-License-Identifier: Apache-2.0
"""A driver of another package: clients get its errors with their messages and a sensible status."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.deployment import Deployment

SOURCE = """
from ironic_lite.common import exception
from ironic_lite.drivers.hardware.fake import FakeHardware
from ironic_lite.drivers.interfaces.vendor import passthru
from ironic_lite.drivers.modules.fake.management import FakeManagement
from ironic_lite.drivers.modules.fake.vendor import FakeVendor


class BrokenBus(Exception):
    pass


class PanelLocked(exception.InvalidParameterValue):
    template = "The panel %(panel)s is locked; unlock it first."
    code = 409


class AcmeHardware(FakeHardware):
    supported = {**FakeHardware.supported, "management": ("acme",), "vendor": ("acme",)}


class AcmeManagement(FakeManagement):
    def validate(self, task):
        if task.node.driver_info.get("acme_bus") == "broken":
            raise BrokenBus("bus 7 does not answer to https://root:hunter2@acme/")

    def get_boot_device(self, task):
        raise PanelLocked(panel="front")

    def inject_nmi(self, task):
        raise BrokenBus("bus 7 does not answer to https://root:hunter2@acme/")


class AcmeVendor(FakeVendor):
    @passthru(["GET"], is_async=False, require_exclusive_lock=False)
    def look(self, task):
        return {}["nothing"]
"""

FILES = {
    "acme_ironic/__init__.py": SOURCE,
    "acme_ironic-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-ironic\nVersion: 1.0\n",
    "acme_ironic-1.0.dist-info/entry_points.txt": "[ironic_lite.hardware.types]\n"
    "acme = acme_ironic:AcmeHardware\n"
    "[ironic_lite.hardware.interfaces.management]\nacme = acme_ironic:AcmeManagement\n"
    "[ironic_lite.hardware.interfaces.vendor]\nacme = acme_ironic:AcmeVendor\n",
}


@pytest.fixture
def cloud(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_deployment: Callable[..., Deployment],
    sqlite_url: str,
) -> Deployment:
    place = tmp_path / "packages"
    for name, text in FILES.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(place))
    service = make_deployment(
        database=sqlite_url,
        options={
            "DEFAULT": {
                "enabled_hardware_types": "acme",
                "enabled_management_interfaces": "acme",
                "enabled_vendor_interfaces": "acme",
            }
        },
    )
    service.start_all_in_one()
    return service


def _told(cloud: Deployment, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer = cloud.request(method, path, body)
    return answer.status_code, answer.text


def test_errors_of_a_driver_of_another_package(cloud: Deployment) -> None:
    node = f"/v1/nodes/{cloud.create_node(driver='acme')}"

    # One that derives from an error of ours has its own status and text.
    status, text = _told(cloud, "GET", f"{node}/management/boot_device")
    assert status == 409
    assert "The panel front is locked; unlock it first." in text

    # Any other is a failure of the package, which says what it was, without secrets.
    status, text = _told(cloud, "PUT", f"{node}/management/inject_nmi", {})
    assert status == 500
    assert "The driver package acme_ironic has failed: BrokenBus: bus 7 does not answer" in text
    assert "hunter2" not in text
    status, text = _told(cloud, "GET", f"{node}/vendor_passthru?method=look")
    assert status == 500
    assert "acme_ironic has failed: KeyError: 'nothing'" in text

    # What does not validate is told of that interface alone.
    change = [{"op": "add", "path": "/driver_info/acme_bus", "value": "broken"}]
    cloud.call("PATCH", node, change)
    told = cloud.call("GET", f"{node}/validate")
    assert told["management"]["result"] is False
    assert "BrokenBus: bus 7 does not answer" in told["management"]["reason"]
    assert "hunter2" not in told["management"]["reason"]
    assert told["power"]["result"] is True

    # The log has the traceback.
    assert cloud.api is not None
    assert "acme_ironic.BrokenBus" in cloud.api.log_tail(2000)
