# SPDX-License-Identifier: Apache-2.0
"""Calls of what only one vendor's hardware can do."""

import inspect
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.contract.declaration import Context
from ironic_lite.conductor.operations import background
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces.vendor import VendorInterface, VendorMethod, chosen

Answer = dict[str, Any]
"""``{"return": value or None, "async": bool, "attach": bool}``."""


def methods(task: TaskManager) -> dict[str, dict[str, Any]]:
    """See ``HardwareCalls.get_node_vendor_passthru_methods``."""
    offered = task.driver.vendor.vendor_methods()
    return {name: method.as_shown() for name, method in offered.items()}


def call(task: TaskManager, driver_method: str, http_method: str, info: dict[str, Any]) -> Answer:
    """See ``HardwareCalls.vendor_passthru``."""
    method = chosen(task.driver.vendor.vendor_methods(), driver_method, http_method)
    if method.require_exclusive_lock:
        task.upgrade_lock(purpose=f"vendor method {driver_method}")
    vendor = task.driver.vendor
    vendor.validate(task)
    vendor.validate_call(task, driver_method, info)
    function = getattr(vendor, method.attribute)
    _check(function, driver_method, info)
    if method.is_async:
        complaint = f"Vendor method {driver_method} failed"
        background.start(task, complaint, None, lambda _task: function(task, **info))
        return _answer(method, None)
    return _answer(method, function(task, **info))


def driver_methods(_context: Context, driver_name: str) -> dict[str, dict[str, Any]]:
    """The same for a hardware type, whose default vendor interface answers.

    :raises DriverNotFound: when this conductor does not serve it.
    """
    offered = _vendor_of(driver_name).driver_methods()
    return {name: method.as_shown() for name, method in offered.items()}


def call_driver(
    context: Context, driver_name: str, driver_method: str, http_method: str, info: dict[str, Any]
) -> Answer:
    """See ``HardwareCalls.driver_vendor_passthru``."""
    vendor = _vendor_of(driver_name)
    method = chosen(vendor.driver_methods(), driver_method, http_method)
    vendor.validate_driver_call(driver_method, info)
    function = getattr(vendor, method.attribute)
    _check(function, driver_method, info)
    if method.is_async:
        current().workers.spawn(function, context, **info)
        return _answer(method, None)
    return _answer(method, function(context, **info))


def _vendor_of(driver_name: str) -> VendorInterface:
    return current().drivers.default_driver(driver_name).vendor


def _check(function: Any, name: str, arguments: dict[str, Any]) -> None:
    try:
        inspect.signature(function).bind(None, **arguments)
    except TypeError as exc:
        raise exception.InvalidParameterValue(
            err=f"The arguments do not fit the method {name}: {exc}."
        ) from None


def _answer(method: VendorMethod, value: Any) -> Answer:
    return {"return": value, "async": method.is_async, "attach": method.attach}
