# SPDX-License-Identifier: Apache-2.0
"""The driver of a node: one hardware interface for each kind of work."""

from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.bios import BIOSInterface
from ironic_lite.drivers.interfaces.boot import BootInterface
from ironic_lite.drivers.interfaces.console import ConsoleInterface
from ironic_lite.drivers.interfaces.deploy import DeployInterface
from ironic_lite.drivers.interfaces.firmware import FirmwareInterface
from ironic_lite.drivers.interfaces.inspect import InspectInterface
from ironic_lite.drivers.interfaces.management import ManagementInterface
from ironic_lite.drivers.interfaces.network import NetworkInterface
from ironic_lite.drivers.interfaces.power import PowerInterface
from ironic_lite.drivers.interfaces.raid import RAIDInterface
from ironic_lite.drivers.interfaces.rescue import RescueInterface
from ironic_lite.drivers.interfaces.storage import StorageInterface
from ironic_lite.drivers.interfaces.vendor import VendorInterface


class Driver:
    """One attribute per interface type; ``DriverFactory.driver_for`` sets them all."""

    __slots__ = INTERFACE_TYPES

    bios: BIOSInterface
    boot: BootInterface
    console: ConsoleInterface
    deploy: DeployInterface
    firmware: FirmwareInterface
    inspect: InspectInterface
    management: ManagementInterface
    network: NetworkInterface
    power: PowerInterface
    raid: RAIDInterface
    rescue: RescueInterface
    storage: StorageInterface
    vendor: VendorInterface

    def interface(self, kind: str) -> BaseInterface:
        found: BaseInterface = getattr(self, kind)
        return found

    def interfaces(self) -> dict[str, BaseInterface]:
        """Return ``{interface type: interface}``."""
        return {kind: self.interface(kind) for kind in INTERFACE_TYPES}
