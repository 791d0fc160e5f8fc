# SPDX-License-Identifier: Apache-2.0
"""Decorators that declare an interface's methods as steps of cleaning, deployment and servicing."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from ironic_lite.common import exception

F = TypeVar("F", bound=Callable[..., Any])

CLEAN = "clean"
DEPLOY = "deploy"
SERVICE = "service"

_MARK = "_ironic_lite_steps"


@dataclasses.dataclass(frozen=True)
class StepSpec:
    """The declaration of a step.

    :param kind: ``clean``, ``deploy`` or ``service``.
    :param name: the method's name.
    :param priority: order in an automatic run, highest first; a step with 0 runs only on request.
    :param args: ``{name: {"description": str, "required": bool}}``.
    :param abortable: whether an operator may abort the operation while the step runs; not for deployments.
    :param requires_ramdisk: whether the step needs a running agent; not for deployments.
    :param repeatable: whether it is safe to run the step again after it was cut off.
    :param happened: for a step that is not repeatable: name of the method ``(task, step) -> bool | None`` that asks the
        hardware whether the step took effect. True skips the step, False runs it, None (unknown) fails the operation.
        If the conductor dies during a step with neither, the operation fails.
    :param waits: whether the step may continue in the agent; the operation then waits for the agent.
    """

    kind: str
    name: str
    priority: int
    args: dict[str, dict[str, Any]]
    abortable: bool = False
    requires_ramdisk: bool = True
    repeatable: bool = False
    happened: str | None = None
    waits: bool = False

    def as_step(self, interface: str) -> dict[str, Any]:
        """Return the step as a node stores it and the API shows it."""
        step: dict[str, Any] = {
            "interface": interface,
            "step": self.name,
            "priority": self.priority,
            "argsinfo": self.args or None,
        }
        if self.kind != DEPLOY:
            step["abortable"] = self.abortable
            step["requires_ramdisk"] = self.requires_ramdisk
        return step


def _step(
    kind: str,
    priority: int = 0,
    abortable: bool = False,
    argsinfo: dict[str, dict[str, Any]] | None = None,
    requires_ramdisk: bool = True,
    repeatable: bool = False,
    happened: str | None = None,
    waits: bool = False,
) -> Callable[[F], F]:
    def decorate(method: F) -> F:
        declared = StepSpec(
            kind=kind,
            name=method.__name__,
            priority=priority,
            args=argsinfo or {},
            abortable=abortable,
            requires_ramdisk=requires_ramdisk,
            repeatable=repeatable,
            happened=happened,
            waits=waits,
        )
        setattr(method, _MARK, {**getattr(method, _MARK, {}), kind: declared})
        return method

    return decorate


clean_step = functools.partial(_step, CLEAN)
deploy_step = functools.partial(_step, DEPLOY)
service_step = functools.partial(_step, SERVICE)
"""Declare a method as a step of cleaning, deployment or servicing; :class:`StepSpec` has the arguments."""


def declared_steps(interface_class: type, kind: str) -> Iterator[StepSpec]:
    """Yield the steps of one kind that a class declares, inherited ones included."""
    for name in dir(interface_class):
        spec = getattr(getattr(interface_class, name, None), _MARK, {}).get(kind)
        if spec is not None:
            yield spec


def check_arguments(spec: StepSpec, args: dict[str, Any]) -> None:
    """Check the given arguments against the declared ones.

    :raises InvalidParameterValue: naming the unknown or missing argument.
    """
    unknown = sorted(set(args) - set(spec.args))
    if unknown:
        raise exception.InvalidParameterValue(
            err=f"Step {spec.name} does not take the argument(s) {', '.join(unknown)}; "
            f"it takes {', '.join(sorted(spec.args)) or 'none'}."
        )
    missing = sorted(n for n, info in spec.args.items() if info.get("required") and n not in args)
    if missing:
        raise exception.MissingParameterValue(
            err=f"Step {spec.name} needs the argument(s) {', '.join(missing)}."
        )
