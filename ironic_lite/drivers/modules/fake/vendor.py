# SPDX-License-Identifier: Apache-2.0
"""Vendor interface of the fake hardware, which test suites and demos of many projects call."""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.interfaces.vendor import VendorInterface, passthru
from ironic_lite.drivers.modules.fake.delay import pause

LOG = log.getLogger(__name__)

_NEED_BAR = (
    "first_method",
    "second_method",
    "third_method_sync",
    "fourth_method_shared_lock",
)


class FakeVendor(VendorInterface):
    """Methods that compare their argument ``bar`` with a word, and steps that do nothing or wait."""

    def get_properties(self) -> dict[str, str]:
        """Return the properties of Ironic's fake hardware, so that clients have something to show."""
        return {
            name: f"{name} of the fake hardware; nothing reads it. Required."
            for name in ("B1", "B2")
        }

    def validate_call(self, task: Task, method: str, arguments: dict[str, Any]) -> None:
        if method in _NEED_BAR and not arguments.get("bar"):
            raise exception.MissingParameterValue(
                err=f"Parameter 'bar' not passed to method '{method}'."
            )

    @passthru(["POST"], description="Test if the value of bar is baz")
    def first_method(self, task: Task, bar: Any) -> bool:
        pause("vendor")
        return bool(bar == "baz")

    @passthru(["POST"], description="Test if the value of bar is kazoo")
    def second_method(self, task: Task, bar: Any) -> bool:
        pause("vendor")
        return bool(bar == "kazoo")

    @passthru(["POST"], is_async=False, description="Test if the value of bar is meow")
    def third_method_sync(self, task: Task, bar: Any) -> bool:
        pause("vendor")
        return bool(bar == "meow")

    @passthru(
        ["POST"], require_exclusive_lock=False, description="Test if the value of bar is woof"
    )
    def fourth_method_shared_lock(self, task: Task, bar: Any) -> bool:
        pause("vendor")
        return bool(bar == "woof")

    @passthru(["POST"], description="Test pass-through to wait.")
    @steps.clean_step(priority=1, requires_ramdisk=False, repeatable=True)
    @steps.service_step(requires_ramdisk=False, repeatable=True)
    def log_passthrough(self, task: Task, **arguments: Any) -> None:
        pause("vendor")
        LOG.debug("Node %s: log_passthrough", task.node.uuid)

    @passthru(["POST"], description="Test if servicing waits.")
    @steps.service_step(requires_ramdisk=False, repeatable=True)
    def trigger_servicewait(self, task: Task, **arguments: Any) -> str:
        """As a service step: put the node into its wait state. As a vendor method: do nothing."""
        return states.SERVICEWAIT
