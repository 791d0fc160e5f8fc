# SPDX-License-Identifier: Apache-2.0
"""The contract of inspection hooks, and the code that loads and runs them."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from oslo_log import log
from stevedore import named

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.task import Task

LOG = log.getLogger(__name__)

NAMESPACE = "ironic_lite.inspection.hooks"

Data = dict[str, Any]


class InspectionHook:
    """Reads an inventory and records facts on the node, on its ports or in the plugin data.

    A hook must not trust the data, which comes from the server's network. A hook may run again on the same data.
    The caller saves ``task.node`` afterwards; hooks save ports themselves.
    """

    dependencies: ClassVar[tuple[str, ...]] = ()
    """Names of hooks that must be configured before this one."""

    def preprocess(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        """Check the data; runs for all hooks before the first hook is called.

        :raises HardwareInspectionFailure: when the data cannot be used.
        """

    def __call__(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        """Process the data.

        :raises HardwareInspectionFailure: when the data cannot be used.
        """


class Hooks:
    """The configured hooks, in order.

    :raises ConfigInvalid: when one does not exist, cannot be loaded, or is configured before a hook that it depends on.
    """

    def __init__(self) -> None:
        names = [name.strip() for name in CONF.inspector.hooks.split(",") if name.strip()]
        if len(set(names)) != len(names):
            raise exception.ConfigInvalid(error_msg="[inspector] hooks names a hook twice.")
        self._hooks = _load(names)
        _check_order(self._hooks)

    def run(self, task: Task, inventory: Data, plugin_data: Data) -> None:
        """Run all hooks on the data of a ramdisk.

        :raises HardwareInspectionFailure: when a hook fails; the message names it.
        """
        for name, hook in self._hooks:
            _run(task, name, hook.preprocess, inventory, plugin_data)
        for name, hook in self._hooks:
            _run(task, name, hook, inventory, plugin_data)


def _load(names: list[str]) -> Sequence[tuple[str, InspectionHook]]:
    def failed(_manager: Any, entrypoint: Any, exc: BaseException) -> None:
        raise exception.ConfigInvalid(
            error_msg=f"[inspector] hooks: '{entrypoint.name}' cannot be loaded: {exc}"
        ) from exc

    def missing(absent: Iterable[str]) -> None:
        raise exception.ConfigInvalid(
            error_msg=f"[inspector] hooks names {', '.join(sorted(absent))}, which no installed package provides."
        )

    manager = named.NamedExtensionManager(
        NAMESPACE,
        names,
        invoke_on_load=True,
        name_order=True,
        on_load_failure_callback=failed,
        on_missing_entrypoints_callback=missing,
    )
    found: list[tuple[str, Any]] = [(extension.name, extension.obj) for extension in manager]
    return found


def _check_order(hooks: Sequence[tuple[str, InspectionHook]]) -> None:
    before: set[str] = set()
    for name, hook in hooks:
        for needed in hook.dependencies:
            if needed not in before:
                raise exception.ConfigInvalid(
                    error_msg=f"[inspector] hooks: '{name}' depends on '{needed}', which must come before it."
                )
        before.add(name)


def _run(task: Task, name: str, work: Any, inventory: Data, plugin_data: Data) -> None:
    LOG.debug("Node %s: inspection hook %s", task.node.uuid, name)
    try:
        work(task, inventory, plugin_data)
    except exception.WorkCutOff:
        raise
    except exception.IronicLiteError as exc:
        raise exception.HardwareInspectionFailure(f"hook {name}: {exc.message}") from exc
    except (TypeError, ValueError, KeyError, AttributeError, LookupError) as exc:
        LOG.exception("Node %s: inspection hook %s", task.node.uuid, name)
        raise exception.HardwareInspectionFailure(
            f"hook {name} cannot read the inventory: {type(exc).__name__}: {exc}"
        ) from exc
