# SPDX-License-Identifier: Apache-2.0
"""Objects over RPC, for processes without database access."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.surface import Endpoint, exposed
from ironic_lite.objects.base import IronicLiteObject


class ObjectEndpoint(Endpoint):
    """Runs the remotable methods of objects, and nothing else of them."""

    @exposed
    def object_class_action_versions(
        self,
        context: Any,
        objname: str,
        objmethod: str,
        object_versions: dict[str, str],
        args: list[Any],
        kwargs: dict[str, Any],
    ) -> Any:
        """A class method, such as a query. Objects in the answer have the versions that the caller knows."""
        cls = IronicLiteObject.obj_class_from_name(objname, object_versions[objname])
        result = _remotable(cls, objmethod)(context, *args, **kwargs)
        if isinstance(result, list):
            return [_in_version(item, object_versions) for item in result]
        return _in_version(result, object_versions)

    @exposed
    def object_action(
        self, context: Any, objinst: Any, objmethod: str, args: list[Any], kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], Any]:
        """A method of one object; returns the fields that it has changed, and its result."""
        before = objinst.obj_clone()
        result = _remotable(objinst, objmethod)(*args, **kwargs)
        updates: dict[str, Any] = {}
        for name, field in objinst.fields.items():
            if not objinst.obj_attr_is_set(name):
                continue
            value = objinst.sent(name)
            if not before.obj_attr_is_set(name) or before.sent(name) != value:
                updates[name] = field.to_primitive(objinst, name, value)
        updates["obj_what_changed"] = objinst.obj_what_changed()
        return updates, result

    @exposed
    def object_backport_versions(
        self, context: Any, objinst: Any, object_versions: dict[str, str]
    ) -> Any:
        """The object as the caller's version of it."""
        return _in_version(objinst, object_versions)


def _remotable(holder: Any, name: str) -> Any:
    method = getattr(holder, name, None)
    if not getattr(method, "remotable", False):
        raise exception.Invalid(f"{holder.obj_name()}.{name} cannot be called over RPC.")
    return method


def _in_version(value: Any, versions: dict[str, str]) -> Any:
    if not isinstance(value, IronicLiteObject):
        return value
    return value.obj_to_primitive(
        target_version=versions[value.obj_name()], version_manifest=versions
    )
