# SPDX-License-Identifier: Apache-2.0
"""Objects over RPC, for processes without database access. oslo.versionedobjects makes these calls."""

from typing import Any, Protocol

from ironic_lite.conductor.contract.declaration import Away, Context, unlocked


class ObjectCalls(Protocol):
    """Any conductor answers these."""

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
        """Run a class method, which is a query. Objects in the answer have the versions in ``object_versions``."""

    @unlocked(since="1.0")
    def object_action(
        self,
        context: Context,
        objinst: Any,
        objmethod: str,
        args: list[Any] | tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> tuple[dict[str, Any], Any]:
        """Run a method of an object; returns the fields that it has changed, and its result."""

    @unlocked(since="1.0")
    def object_backport_versions(
        self, context: Context, objinst: Any, object_versions: dict[str, str]
    ) -> Any:
        """The object, which is newer than the caller knows it, in ``object_versions``."""
