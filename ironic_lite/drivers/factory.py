# SPDX-License-Identifier: Apache-2.0
"""Loads hardware types and interfaces by their entry points, and composes the driver of a node."""

import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any

from stevedore import named

from ironic_lite.common import exception
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.conf import CONF
from ironic_lite.drivers.hardware.base import HardwareType
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.driver import Driver
from ironic_lite.drivers.interfaces.network import NetworkInterface

HARDWARE_TYPES = "ironic_lite.hardware.types"
INTERFACES = "ironic_lite.hardware.interfaces"
_DISTRIBUTION = "ironic-lite"

_OPTIONS = {
    "enabled_hardware_types": HARDWARE_TYPES,
    **{f"enabled_{kind}_interfaces": f"{INTERFACES}.{kind}" for kind in INTERFACE_TYPES},
}
"""``{option: entry point namespace of the names in it}``."""

_MARGIN = 30
"""Seconds that a conductor needs for a call in addition to the hardware's time."""


# -- checks of the options -------------------------------------------------------------------------------------------


def problems() -> Iterator[str]:
    """Yield a line for each error in the options that name hardware types and interfaces."""
    registered = _registered()
    found: list[str] = []
    for option, namespace in _OPTIONS.items():
        found += _wrong_names(option, registered[namespace])
    found += _wrong_defaults()
    yield from found
    if not found:
        yield from DriverFactory().problems()


def _registered() -> dict[str, set[str]]:
    """Return the registered names by namespace. All packages are read only if an option names drivers of others."""
    found: dict[str, set[str]] = {namespace: set() for namespace in _OPTIONS.values()}
    with contextlib.suppress(metadata.PackageNotFoundError):
        for entry_point in metadata.distribution(_DISTRIBUTION).entry_points:
            found.setdefault(entry_point.group, set()).add(entry_point.name)
    named = {of: set(getattr(CONF, option)) for option, of in _OPTIONS.items()}
    if all(names and names <= found[namespace] for namespace, names in named.items()):
        return found
    installed = metadata.entry_points()
    return {namespace: installed.select(group=namespace).names for namespace in _OPTIONS.values()}


def _wrong_names(option: str, existing: set[str] | None = None) -> Iterator[str]:
    """Yield the errors in one option.

    :param existing: the registered names; None: they are not checked.
    """
    names = getattr(CONF, option)
    choice = "" if existing is None else f" There are: {', '.join(sorted(existing))}."
    if not names:
        yield f"[DEFAULT] {option} is empty; name at least one.{choice}"
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"[DEFAULT] {option} names '{name}' twice."
        if existing is not None and name not in existing:
            yield f"[DEFAULT] {option} names '{name}', which does not exist.{choice}"


def _wrong_defaults() -> Iterator[str]:
    for kind in INTERFACE_TYPES:
        default, enabled = f"default_{kind}_interface", f"enabled_{kind}_interfaces"
        name = getattr(CONF, default)
        if name is not None and name not in getattr(CONF, enabled):
            yield f"[DEFAULT] {default} is '{name}', which is not in {enabled}."


# -- loading ---------------------------------------------------------------------------------------------------------


def _load(option: str) -> dict[str, Any]:
    """Return ``{name: instance}`` of the classes that an option names, in the option's order.

    :raises ConfigInvalid: when the option is empty, or has a name twice.
    :raises DriverNotFoundInEntrypoint: when a name has no entry point.
    :raises DriverLoadError: when a class cannot be imported or instantiated.
    """
    namespace, names = _OPTIONS[option], getattr(CONF, option)

    def failed(_manager: Any, entrypoint: Any, exc: BaseException) -> None:
        reason = str(exc).rstrip(".")
        raise exception.DriverLoadError(driver=entrypoint.name, reason=reason) from exc

    def missing(absent: Iterable[str]) -> None:
        listed = ", ".join(sorted(absent))
        raise exception.DriverNotFoundInEntrypoint(
            entrypoint=namespace, names=f"{listed} (see [DEFAULT] {option})", driver_name=listed
        )

    for problem in _wrong_names(option):
        raise exception.ConfigInvalid(error_msg=problem)
    manager = named.NamedExtensionManager(
        namespace,
        names,
        invoke_on_load=True,
        name_order=True,
        on_load_failure_callback=failed,
        on_missing_entrypoints_callback=missing,
    )
    return {extension.name: extension.obj for extension in manager}


class DriverFactory:
    """The enabled hardware types and interfaces of a conductor.

    Each conductor process makes one; it is safe to read from any thread.
    """

    @functools.cached_property
    def hardware_types(self) -> Mapping[str, HardwareType]:
        """``{name: hardware type}``; raises as :func:`_load` does."""
        return _load("enabled_hardware_types")

    @functools.cached_property
    def _interfaces(self) -> Mapping[str, Mapping[str, BaseInterface]]:
        """``{interface type: {name: interface}}``; raises as :func:`_load` does."""
        return {kind: _load(f"enabled_{kind}_interfaces") for kind in INTERFACE_TYPES}

    @functools.cached_property
    def packages(self) -> frozenset[str]:
        """Top-level names of the packages of enabled drivers that are not from ironic_lite."""
        loaded: list[object] = [*self.hardware_types.values()]
        for enabled in self._interfaces.values():
            loaded += enabled.values()
        packages = {type(each).__module__.partition(".")[0] for each in loaded}
        return frozenset(packages - {__name__.partition(".")[0]})

    def load(self) -> None:
        """Load the enabled hardware types and interfaces, and check the configured defaults.

        :raises ConfigInvalid, DriverNotFoundInEntrypoint, DriverLoadError: naming the option at fault.
        :raises NoValidDefaultForInterface: when a hardware type lacks an enabled interface of some type.
        """
        for problem in _wrong_defaults():
            raise exception.ConfigInvalid(error_msg=problem)
        for hardware_type in self.hardware_types:
            for kind in INTERFACE_TYPES:
                self.default_interface(hardware_type, kind)

    def problems(self) -> Iterator[str]:
        """Yield a line for each driver that cannot be loaded, does not fit or takes too long."""
        try:
            self.load()
        except exception.NoValidDefaultForInterface:
            yield from self._gaps()
        except exception.DriverLoadError as exc:
            yield exc.message
        else:
            yield from self._too_slow()

    def _gaps(self) -> Iterator[str]:
        for name, hardware in self.hardware_types.items():
            for kind in INTERFACE_TYPES:
                if not self.enabled_interfaces(name, kind):
                    fitting = ", ".join(hardware.supported_interfaces(kind))
                    yield (
                        f"[DEFAULT] enabled_{kind}_interfaces has none for hardware type '{name}'. "
                        f"Enable one of {fitting}, or take '{name}' out of enabled_hardware_types."
                    )

    def _too_slow(self) -> Iterator[str]:
        least, whose = max(
            (interface.command_timeout() + _MARGIN, f"{kind} interface '{name}'")
            for kind, enabled in self._interfaces.items()
            for name, interface in enabled.items()
        )
        if CONF.hardware_call_timeout < least:
            yield (
                f"[DEFAULT] hardware_call_timeout is {CONF.hardware_call_timeout}. Set it to {least:g} or more, here "
                f"and for the API, or let the {whose} take less than {least - _MARGIN:g} s for a command."
            )

    # -- hardware types and their interfaces ---------------------------------------------------------------------

    def hardware_type(self, name: str) -> HardwareType:
        """Return an enabled hardware type.

        :raises DriverNotFound: when this conductor has not enabled it.
        """
        try:
            return self.hardware_types[name]
        except KeyError:
            raise exception.DriverNotFound(driver_name=name) from None

    def enabled_interfaces(self, hardware_type: str, kind: str) -> list[str]:
        """Return the names of the enabled interfaces that fit a hardware type, in its order of preference."""
        supported = self.hardware_type(hardware_type).supported_interfaces(kind)
        return [name for name in supported if name in self._interfaces[kind]]

    def networks(self) -> list[NetworkInterface]:
        """Return the enabled network interfaces."""
        found = self._interfaces["network"].values()
        return [each for each in found if isinstance(each, NetworkInterface)]

    def default_interface(self, hardware_type: str, kind: str) -> str:
        """Return the name of the interface for a node that names none.

        :raises NoValidDefaultForInterface: when no enabled interface fits.
        """
        fitting = self.enabled_interfaces(hardware_type, kind)
        configured: str | None = getattr(CONF, f"default_{kind}_interface")
        if configured in fitting:
            return configured
        if not fitting:
            raise exception.NoValidDefaultForInterface(interface_type=kind, driver=hardware_type)
        return fitting[0]

    def interface(self, hardware_type: str, kind: str, name: str) -> BaseInterface:
        """Return an interface, after a check that it is enabled and fits the hardware type.

        :raises InterfaceNotFoundInEntrypoint: when it is not enabled.
        :raises IncompatibleInterface: when the hardware type does not support it.
        """
        supported = self.hardware_type(hardware_type).supported_interfaces(kind)
        enabled = self._interfaces[kind]
        if name not in enabled:
            raise exception.InterfaceNotFoundInEntrypoint(
                iface=name, entrypoint=f"{INTERFACES}.{kind}", valid=sorted(enabled)
            )
        if name not in supported:
            raise exception.IncompatibleInterface(
                interface_type=kind, interface_impl=name, hardware_type=hardware_type
            )
        return enabled[name]

    # -- the driver of a node ------------------------------------------------------------------------------------

    def check_node(self, node: Any, reset: bool = False) -> None:
        """Set the interfaces that a node does not name to their defaults, and check those that it names.

        :param node: an object with ``driver`` and one ``<type>_interface`` attribute per interface type.
        :param reset: whether interfaces that do not fit the hardware type are replaced by its defaults.
        :raises DriverNotFound, InterfaceNotFoundInEntrypoint, IncompatibleInterface,
            NoValidDefaultForInterface: as the methods above do.
        """
        for kind in INTERFACE_TYPES:
            field = f"{kind}_interface"
            name = getattr(node, field)
            if name is None or (reset and name not in self.enabled_interfaces(node.driver, kind)):
                setattr(node, field, self.default_interface(node.driver, kind))
            else:
                self.interface(node.driver, kind, name)

    def driver_for(self, node: Any) -> Driver:
        """Compose the driver of a node; raises as :meth:`interface` does."""
        return self._composed(
            node.driver, {kind: getattr(node, f"{kind}_interface") for kind in INTERFACE_TYPES}
        )

    def default_driver(self, hardware_type: str) -> Driver:
        """Compose a driver of the default interfaces.

        :raises DriverNotFound, NoValidDefaultForInterface: as the methods above do.
        """
        return self._composed(hardware_type, {})

    def _composed(self, hardware_type: str, names: Mapping[str, str | None]) -> Driver:
        driver = Driver()
        for kind in INTERFACE_TYPES:
            name = names.get(kind) or self.default_interface(hardware_type, kind)
            setattr(driver, kind, self.interface(hardware_type, kind, name))
        return driver

    def properties(self, hardware_type: str) -> dict[str, str]:
        """Return ``{field of driver_info: its meaning}`` of the default interfaces of a hardware type."""
        found: dict[str, str] = {}
        for interface in self.default_driver(hardware_type).interfaces().values():
            found.update(interface.get_properties())
        return found
