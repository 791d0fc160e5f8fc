# SPDX-License-Identifier: Apache-2.0
"""Serves ``contract.objects``: only the remotable methods of objects."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.contract.declaration import Context
from ironic_lite.conductor.contract.objects import ObjectCalls
from ironic_lite.conductor.endpoints.serving import served, unlocked
from ironic_lite.objects.base import IronicLiteObject

Arguments = list[Any] | tuple[Any, ...]


def _call_class(
    context: Context,
    objname: str,
    objmethod: str,
    object_versions: dict[str, str],
    args: Arguments,
    kwargs: dict[str, Any],
) -> Any:
    cls = IronicLiteObject.obj_class_from_name(objname, object_versions[objname])
    result = _remotable(cls, objmethod)(context, *args, **kwargs)
    if isinstance(result, list):
        return [_in_version(context, item, object_versions) for item in result]
    return _in_version(context, result, object_versions)


def _call_object(
    _context: Context, objinst: Any, objmethod: str, args: Arguments, kwargs: dict[str, Any]
) -> tuple[dict[str, Any], Any]:
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


def _remotable(holder: Any, name: str) -> Any:
    method = getattr(holder, name, None)
    if not getattr(method, "remotable", False):
        raise exception.Invalid(f"{holder.obj_name()}.{name} cannot be called over RPC.")
    return method


def _in_version(_context: Context, objinst: Any, object_versions: dict[str, str]) -> Any:
    if not isinstance(objinst, IronicLiteObject):
        return objinst
    return objinst.obj_to_primitive(
        target_version=object_versions[objinst.obj_name()], version_manifest=object_versions
    )


SERVED = served(
    ObjectCalls,
    unlocked(ObjectCalls.object_class_action_versions)(_call_class),
    unlocked(ObjectCalls.object_action)(_call_object),
    unlocked(ObjectCalls.object_backport_versions)(_in_version),
)
