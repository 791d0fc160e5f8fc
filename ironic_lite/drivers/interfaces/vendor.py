# SPDX-License-Identifier: Apache-2.0
"""Vendor methods: functions of one vendor's hardware.

A decorator makes a method callable through the API: ``passthru`` for a node, ``driver_passthru`` for a hardware type
as a whole.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task

F = TypeVar("F", bound=Callable[..., Any])

_NODE = "_ironic_lite_passthru"
_DRIVER = "_ironic_lite_driver_passthru"


@dataclasses.dataclass(frozen=True)
class VendorMethod:
    """The declaration of a vendor method.

    :param attribute: name of the Python method.
    :param http_methods: the HTTP methods that call it.
    :param is_async: whether it runs in the background; the client gets its reply when the method starts.
    :param description: one sentence for clients.
    :param attach: whether the reply's body is the returned text itself, not JSON.
    :param require_exclusive_lock: whether it runs under the node's exclusive lock.
    """

    attribute: str
    http_methods: tuple[str, ...]
    is_async: bool
    description: str
    attach: bool
    require_exclusive_lock: bool

    def as_shown(self) -> dict[str, Any]:
        """Return the declaration as the API shows it."""
        return {
            "http_methods": list(self.http_methods),
            "async": self.is_async,
            "description": self.description,
            "attach": self.attach,
            "require_exclusive_lock": self.require_exclusive_lock,
        }


def _mark(mark: str, name: str | None, declared: VendorMethod) -> Callable[[F], F]:
    def decorate(method: F) -> F:
        own = dataclasses.replace(declared, attribute=method.__name__)
        setattr(method, mark, (name or method.__name__, own))
        return method

    return decorate


def passthru(
    http_methods: Sequence[str],
    name: str | None = None,
    is_async: bool = True,
    description: str = "",
    attach: bool = False,
    require_exclusive_lock: bool = True,
) -> Callable[[F], F]:
    """Offer ``method(task, **arguments)`` for a node. See :class:`VendorMethod` for the arguments.

    :param name: the name for clients, if it differs from the method's.
    """
    methods = tuple(http_methods)
    declared = VendorMethod("", methods, is_async, description, attach, require_exclusive_lock)
    return _mark(_NODE, name, declared)


def driver_passthru(
    http_methods: Sequence[str],
    name: str | None = None,
    is_async: bool = True,
    description: str = "",
    attach: bool = False,
) -> Callable[[F], F]:
    """Offer ``method(context, **arguments)`` for a hardware type, without a node or a lock."""
    declared = VendorMethod("", tuple(http_methods), is_async, description, attach, False)
    return _mark(_DRIVER, name, declared)


class VendorInterface(BaseInterface):
    """Vendor-specific methods and steps.

    A method runs under the exclusive lock, or under a shared one if it is declared so. It is not called again after
    a crash: the node's ``last_error`` then says that it may have taken effect or not. The error of an asynchronous
    method becomes ``last_error``; the client gets the error of any other method.
    """

    interface_type = "vendor"

    @classmethod
    @functools.cache
    def vendor_methods(cls) -> dict[str, VendorMethod]:
        """Return ``{name: declaration}`` of the methods for a node."""
        return dict(_declared(cls, _NODE))

    @classmethod
    @functools.cache
    def driver_methods(cls) -> dict[str, VendorMethod]:
        """Return ``{name: declaration}`` of the methods for a hardware type."""
        return dict(_declared(cls, _DRIVER))

    def validate_call(self, task: Task, method: str, arguments: dict[str, Any]) -> None:
        """Check the arguments of a call before it starts; ``validate`` checks the node's settings. Asks no hardware.

        :raises InvalidParameterValue, MissingParameterValue: naming the argument that is wrong.
        """

    def validate_driver_call(self, method: str, arguments: dict[str, Any]) -> None:
        """Check the arguments of a call for a hardware type; raises as :meth:`validate_call` does."""


def _declared(interface: type, mark: str) -> Iterator[tuple[str, VendorMethod]]:
    for attribute in dir(interface):
        found = getattr(getattr(interface, attribute, None), mark, None)
        if found is not None:
            yield found


def chosen(methods: dict[str, VendorMethod], name: str, http_method: str) -> VendorMethod:
    """Return the method of this name.

    :raises InvalidParameterValue: when there is no such method, or it does not allow the HTTP method.
    """
    method = methods.get(name)
    if method is None:
        raise exception.InvalidParameterValue(err=f"No handler for method {name[:64]}")
    if http_method not in method.http_methods:
        raise exception.InvalidParameterValue(
            err=f"The method {name} does not support HTTP {http_method}"
        )
    return method
