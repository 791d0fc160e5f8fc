# SPDX-License-Identifier: Apache-2.0
"""Calls of what only one vendor's hardware can do."""

import inspect
from typing import Any

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import background
from ironic_lite.conductor.identity import current
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces.vendor import VendorInterface, VendorMethod, chosen

Answer = dict[str, Any]
"""``{"return": value or None, "async": bool, "attach": bool}``."""


def methods(task: TaskManager) -> dict[str, dict[str, Any]]:
    """``{name: declaration}``: what may be called for the node."""
    offered: VendorInterface = task.driver.vendor
    return {name: method.as_shown() for name, method in offered.vendor_methods().items()}


def call(task: TaskManager, name: str, http_method: str, arguments: dict[str, Any]) -> Answer:
    """Call a method for a node, or begin to.

    :param task: shared; the node is locked where the method asks for that.
    :raises InvalidParameterValue: when there is no such method, or an argument does not fit.
    :raises NodeLocked: when somebody else works on the node.
    :raises NoFreeConductorWorker: when it runs in the background, and the pool is full.
    """
    method = chosen(task.driver.vendor.vendor_methods(), name, http_method)
    if method.require_exclusive_lock:
        task.upgrade_lock(purpose=f"vendor method {name}")
    vendor = task.driver.vendor
    vendor.validate(task)
    vendor.validate_call(task, name, arguments)
    function = getattr(vendor, method.attribute)
    _check(function, name, arguments)
    if method.is_async:
        background.start(
            task, f"Vendor method {name} failed", None, lambda _task: function(task, **arguments)
        )
        return _answer(method, None)
    return _answer(method, function(task, **arguments))


def driver_methods(driver_name: str) -> dict[str, dict[str, Any]]:
    """The same for a hardware type, whose default vendor interface answers.

    :raises DriverNotFound: when this conductor does not serve it.
    """
    offered = _vendor_of(driver_name).driver_methods()
    return {name: method.as_shown() for name, method in offered.items()}


def call_driver(
    context: ironic_context.RequestContext,
    driver_name: str,
    name: str,
    http_method: str,
    arguments: dict[str, Any],
) -> Answer:
    """Call a method of a hardware type; raises as :func:`call` and :func:`driver_methods` do."""
    vendor = _vendor_of(driver_name)
    method = chosen(vendor.driver_methods(), name, http_method)
    vendor.validate_driver_call(name, arguments)
    function = getattr(vendor, method.attribute)
    _check(function, name, arguments)
    if method.is_async:
        current().workers.spawn(function, context, **arguments)
        return _answer(method, None)
    return _answer(method, function(context, **arguments))


def _vendor_of(driver_name: str) -> VendorInterface:
    drivers = current().drivers
    name = drivers.default_interface(driver_name, "vendor")
    found = drivers.interface(driver_name, "vendor", name)
    assert isinstance(found, VendorInterface)
    return found


def _check(function: Any, name: str, arguments: dict[str, Any]) -> None:
    try:
        inspect.signature(function).bind(None, **arguments)
    except TypeError as exc:
        raise exception.InvalidParameterValue(
            err=f"The arguments do not fit the method {name}: {exc}."
        ) from None


def _answer(method: VendorMethod, value: Any) -> Answer:
    return {"return": value, "async": method.is_async, "attach": method.attach}
