# SPDX-License-Identifier: Apache-2.0
"""The RPCs of objects, for processes without database access. oslo.versionedobjects makes these calls."""

from typing import Any, Protocol

from ironic_lite.conductor.contract.declaration import Away, Context, unlocked


class ObjectCalls(Protocol):
    """Calls that any conductor answers."""

    @unlocked(since="1.0", away=Away.ASK_NEXT)
    def object_class_action_versions(
        self,
        context: Context,
        objname: str,
        objmethod: str,
        object_versions: dict[str, str],
        args: list[Any] | tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run a class method that reads. Objects in the answer have the versions in ``object_versions``."""

    @unlocked(since="1.0")
    def object_action(
        self,
        context: Context,
        objinst: Any,
        objmethod: str,
        args: list[Any] | tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> tuple[dict[str, Any], Any]:
        """Run a method of an object; return the fields that it changed, and its result."""

    @unlocked(since="1.0")
    def object_backport_versions(
        self, context: Context, objinst: Any, object_versions: dict[str, str]
    ) -> Any:
        """Return the object converted to the older versions in ``object_versions``, which the caller knows."""
