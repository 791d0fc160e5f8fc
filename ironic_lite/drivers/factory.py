# SPDX-License-Identifier: Apache-2.0
"""Loads hardware types and interfaces by their entry points, and composes the driver of a node."""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any, ClassVar

from stevedore import named

from ironic_lite.common import exception
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.conf import CONF
from ironic_lite.drivers.hardware.base import HardwareType
from ironic_lite.drivers.interfaces.base import BaseInterface

HARDWARE_TYPES = "ironic_lite.hardware.types"
INTERFACES = "ironic_lite.hardware.interfaces"
_DISTRIBUTION = "ironic-lite"


_OPTIONS = {
    "enabled_hardware_types": HARDWARE_TYPES,
    **{f"enabled_{kind}_interfaces": f"{INTERFACES}.{kind}" for kind in INTERFACE_TYPES},
}
"""``{option: where what it names is registered}``."""


def _load(namespace: str, names: list[str], option: str) -> dict[str, Any]:
    """Instances of the named entry points, in the order of the names.

    :raises ConfigInvalid: when the option names nothing, or something twice.
    :raises DriverNotFoundInEntrypoint: when there is no such entry point.
    :raises DriverLoadError: when one cannot be imported or made.
    """
    if not names:
        raise exception.ConfigInvalid(error_msg=f"[DEFAULT] {option} is empty; name at least one.")
    if len(set(names)) != len(names):
        raise exception.ConfigInvalid(error_msg=f"[DEFAULT] {option} names something twice.")

    def failed(_manager: Any, entrypoint: Any, exc: BaseException) -> None:
        raise exception.DriverLoadError(driver=entrypoint.name, reason=exc) from exc

    def missing(absent: Iterable[str]) -> None:
        listed = ", ".join(sorted(absent))
        raise exception.DriverNotFoundInEntrypoint(
            entrypoint=namespace, names=f"{listed} (see [DEFAULT] {option})", driver_name=listed
        )

    manager = named.NamedExtensionManager(
        namespace,
        names,
        invoke_on_load=True,
        name_order=True,
        on_load_failure_callback=failed,
        on_missing_entrypoints_callback=missing,
    )
    return {extension.name: extension.obj for extension in manager}


def problems() -> Iterator[str]:
    """What is wrong with the options that name hardware types and interfaces, a line each."""
    sound = True
    registered = _registered()
    for option, namespace in _OPTIONS.items():
        for problem in _wrong_names(option, registered[namespace]):
            sound = False
            yield problem
    for kind in INTERFACE_TYPES:
        default, enabled = f"default_{kind}_interface", f"enabled_{kind}_interfaces"
        name = getattr(CONF, default)
        if name is not None and name not in getattr(CONF, enabled):
            sound = False
            yield f"[DEFAULT] {default} is '{name}', which is not in {enabled}."
    if sound:
        yield from DriverFactory().gaps()


def _registered() -> dict[str, set[str]]:
    """What there is, by namespace. Only where others' drivers are named is all that is installed looked through."""
    found: dict[str, set[str]] = {namespace: set() for namespace in _OPTIONS.values()}
    with contextlib.suppress(metadata.PackageNotFoundError):
        for entry_point in metadata.distribution(_DISTRIBUTION).entry_points:
            found.setdefault(entry_point.group, set()).add(entry_point.name)
    named = {of: set(getattr(CONF, option)) for option, of in _OPTIONS.items()}
    if all(names and names <= found[namespace] for namespace, names in named.items()):
        return found
    installed = metadata.entry_points()
    return {namespace: installed.select(group=namespace).names for namespace in _OPTIONS.values()}


def _wrong_names(option: str, existing: set[str]) -> Iterator[str]:
    names = getattr(CONF, option)
    choice = f"There are: {', '.join(sorted(existing))}."
    if not names:
        yield f"[DEFAULT] {option} is empty; name at least one. {choice}"
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"[DEFAULT] {option} names '{name}' twice."
        if name not in existing:
            yield f"[DEFAULT] {option} names '{name}', which does not exist. {choice}"


class HardwareTypesFactory:
    """The enabled hardware types."""

    @functools.cached_property
    def items(self) -> dict[str, HardwareType]:
        """``{name: hardware type}``; raises as :func:`_load` does."""
        return _load(HARDWARE_TYPES, CONF.enabled_hardware_types, "enabled_hardware_types")


class InterfaceFactory:
    """The enabled implementations of one interface type."""

    kind: ClassVar[str]

    @functools.cached_property
    def items(self) -> dict[str, BaseInterface]:
        """``{name: interface}``; raises as :func:`_load` does."""
        option = f"enabled_{self.kind}_interfaces"
        return _load(f"{INTERFACES}.{self.kind}", getattr(CONF, option), option)


class BIOSInterfaceFactory(InterfaceFactory):
    kind = "bios"


class BootInterfaceFactory(InterfaceFactory):
    kind = "boot"


class ConsoleInterfaceFactory(InterfaceFactory):
    kind = "console"


class DeployInterfaceFactory(InterfaceFactory):
    kind = "deploy"


class FirmwareInterfaceFactory(InterfaceFactory):
    kind = "firmware"


class InspectInterfaceFactory(InterfaceFactory):
    kind = "inspect"


class ManagementInterfaceFactory(InterfaceFactory):
    kind = "management"


class NetworkInterfaceFactory(InterfaceFactory):
    kind = "network"


class PowerInterfaceFactory(InterfaceFactory):
    kind = "power"


class RAIDInterfaceFactory(InterfaceFactory):
    kind = "raid"


class RescueInterfaceFactory(InterfaceFactory):
    kind = "rescue"


class StorageInterfaceFactory(InterfaceFactory):
    kind = "storage"


class VendorInterfaceFactory(InterfaceFactory):
    kind = "vendor"


INTERFACE_FACTORIES: tuple[type[InterfaceFactory], ...] = (
    BIOSInterfaceFactory,
    BootInterfaceFactory,
    ConsoleInterfaceFactory,
    DeployInterfaceFactory,
    FirmwareInterfaceFactory,
    InspectInterfaceFactory,
    ManagementInterfaceFactory,
    NetworkInterfaceFactory,
    PowerInterfaceFactory,
    RAIDInterfaceFactory,
    RescueInterfaceFactory,
    StorageInterfaceFactory,
    VendorInterfaceFactory,
)


class Driver:
    """The interfaces of one node: one attribute per interface type."""

    __slots__ = INTERFACE_TYPES

    bios: Any
    boot: Any
    console: Any
    deploy: Any
    firmware: Any
    inspect: Any
    management: Any
    network: Any
    power: Any
    raid: Any
    rescue: Any
    storage: Any
    vendor: Any

    def interfaces(self) -> dict[str, BaseInterface]:
        """``{interface type: interface}``."""
        return {kind: getattr(self, kind) for kind in INTERFACE_TYPES}


class DriverFactory:
    """All that a conductor may drive hardware with.

    Made once per conductor process; reading it is safe from any thread.
    """

    def __init__(self) -> None:
        self._types = HardwareTypesFactory()
        self._factories = {factory.kind: factory() for factory in INTERFACE_FACTORIES}

    def load(self) -> None:
        """Load everything that is enabled, and check the configured defaults.

        :raises ConfigInvalid, DriverNotFoundInEntrypoint, DriverLoadError: naming the option at fault.
        """
        for kind, factory in self._factories.items():
            default = getattr(CONF, f"default_{kind}_interface")
            if default is not None and default not in factory.items:
                raise exception.ConfigInvalid(
                    error_msg=f"[DEFAULT] default_{kind}_interface is '{default}', which is not in "
                    f"enabled_{kind}_interfaces."
                )
        for name in self._types.items:
            for kind in INTERFACE_TYPES:
                self.default_interface(name, kind)

    def gaps(self) -> Iterator[str]:
        """Hardware types for which no interface of some type is enabled, and what cannot be loaded; a line each."""
        try:
            self.load()
            return
        except exception.NoValidDefaultForInterface:
            pass
        except exception.DriverLoadError as exc:
            yield exc.message
            return
        for name, hardware in self._types.items.items():
            for kind in INTERFACE_TYPES:
                if not self.enabled_interfaces(name, kind):
                    fitting = ", ".join(hardware.supported_interfaces(kind))
                    yield (
                        f"[DEFAULT] enabled_{kind}_interfaces has none for hardware type '{name}'. "
                        f"Enable one of {fitting}, or take '{name}' out of enabled_hardware_types."
                    )

    @property
    def hardware_types(self) -> dict[str, HardwareType]:
        """``{name: hardware type}``."""
        return self._types.items

    def hardware_type(self, name: str) -> HardwareType:
        """One enabled hardware type.

        :raises DriverNotFound: when this conductor does not serve it.
        """
        try:
            return self._types.items[name]
        except KeyError:
            raise exception.DriverNotFound(driver_name=name) from None

    def enabled_interfaces(self, hardware_type: str, kind: str) -> list[str]:
        """The enabled implementations that fit a hardware type, best first."""
        supported = self.hardware_type(hardware_type).supported_interfaces(kind)
        enabled = self._factories[kind].items
        return [name for name in supported if name in enabled]

    def default_interface(self, hardware_type: str, kind: str) -> str:
        """The implementation that a node gets when it names none.

        :raises NoValidDefaultForInterface: when none is enabled that fits.
        """
        fitting = self.enabled_interfaces(hardware_type, kind)
        configured = getattr(CONF, f"default_{kind}_interface")
        if configured in fitting:
            return configured
        if not fitting:
            raise exception.NoValidDefaultForInterface(interface_type=kind, driver=hardware_type)
        return fitting[0]

    def interface(self, hardware_type: str, kind: str, name: str) -> BaseInterface:
        """One implementation, checked to be enabled and to fit.

        :raises InterfaceNotFoundInEntrypoint: when it is not enabled.
        :raises IncompatibleInterface: when the hardware type does not support it.
        """
        supported = self.hardware_type(hardware_type).supported_interfaces(kind)
        enabled = self._factories[kind].items
        if name not in enabled:
            raise exception.InterfaceNotFoundInEntrypoint(
                iface=name, entrypoint=f"{INTERFACES}.{kind}", valid=sorted(enabled)
            )
        if name not in supported:
            raise exception.IncompatibleInterface(
                interface_type=kind, interface_impl=name, hardware_type=hardware_type
            )
        return enabled[name]

    def check_node(self, node: Any, reset: bool = False) -> None:
        """Fill in the interfaces that a node leaves open, and check those that it names.

        :param node: object with ``driver`` and one ``<type>_interface`` attribute per interface type.
        :param reset: replace those that do not fit the (new) hardware type by its defaults.
        :raises DriverNotFound, InterfaceNotFoundInEntrypoint, IncompatibleInterface,
            NoValidDefaultForInterface: see above.
        """
        for kind in INTERFACE_TYPES:
            field = f"{kind}_interface"
            name = getattr(node, field)
            fitting = self.enabled_interfaces(node.driver, kind)
            if name is None or (reset and name not in fitting):
                setattr(node, field, self.default_interface(node.driver, kind))
            else:
                self.interface(node.driver, kind, name)

    def driver_for(self, node: Any) -> Driver:
        """Compose the driver of a node; raises as :meth:`interface` does."""
        driver = Driver()
        for kind in INTERFACE_TYPES:
            name = getattr(node, f"{kind}_interface") or self.default_interface(node.driver, kind)
            setattr(driver, kind, self.interface(node.driver, kind, name))
        return driver

    def properties(self, hardware_type: str) -> dict[str, str]:
        """``driver_info`` fields that the default interfaces of a hardware type read, with their meaning."""
        found: dict[str, str] = {}
        for kind in INTERFACE_TYPES:
            name = self.default_interface(hardware_type, kind)
            found.update(self.interface(hardware_type, kind, name).get_properties())
        return found
