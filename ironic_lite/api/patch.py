# SPDX-License-Identifier: Apache-2.0
"""JSON patch (RFC 6902) as in Ironic: add, replace and remove, on the patchable fields of a resource.

Removing a field sets it to its default. Up to 1.97 a path holds no escapes; from 1.98 on ``~0`` and ``~1`` stand for
``~`` and ``/``.
"""

import copy
import re
from typing import Any

import jsonpatch
import jsonpointer

from ironic_lite.api import sizes, types
from ironic_lite.api.resources.field import Field
from ironic_lite.api.resources.resource import Resource
from ironic_lite.common import encrypted, exception, masks, redaction

_OPERATIONS = ("add", "replace", "remove")
MAX_OPERATIONS = 1000
_ESCAPES_SINCE = 98
_INSIDE = r"(/[\w.-]+)+"
_ESCAPED_INSIDE = r"(/([^/~]|~[01])+)+"
_PATH = re.compile(rf"^{_INSIDE}\Z")
_ESCAPED_PATH = re.compile(rf"^{_ESCAPED_INSIDE}\Z")


def _refuse(text: str) -> exception.InvalidParameterValue:
    return exception.InvalidParameterValue(f"Schema error for patch: {text}")


def _check_form(document: Any, minor: int) -> list[dict[str, Any]]:
    if not isinstance(document, list):
        raise _refuse("the body is not of type 'array'")
    if len(document) > MAX_OPERATIONS:
        raise _refuse(f"it has more than {MAX_OPERATIONS} operations")
    pattern = _ESCAPED_PATH if minor >= _ESCAPES_SINCE else _PATH
    for operation in document:
        if not isinstance(operation, dict):
            raise _refuse("an operation is not of type 'object'")
        for needed in ("path", "op"):
            if needed not in operation:
                raise _refuse(f"'{needed}' is a required property")
        unknown = sorted(set(operation) - {"op", "path", "value"})
        if unknown:
            raise _refuse(f"Additional properties are not allowed ('{unknown[0]}' was unexpected)")
        op, path = operation["op"], operation["path"]
        if op not in _OPERATIONS:
            raise _refuse(f"'{op}' is not one of {list(_OPERATIONS)}")
        if not isinstance(path, str) or not pattern.match(path):
            raise _refuse(f"'{path}' is not a path such as /extra/key")
        if op != "remove" and "value" not in operation:
            raise exception.PatchError(
                patch=operation, reason="The operation does not contain a 'value' member"
            )
    return document


def inside(minor: int) -> str:
    """Return the pattern of the part of a path after the field."""
    return _ESCAPED_INSIDE if minor >= _ESCAPES_SINCE else _INSIDE


def _field(resource: Resource, path: str, minor: int) -> Field:
    patchable = resource.patchable_at(minor)
    field = patchable.get(path.split("/")[1])
    if field is None:
        names = ", ".join(patchable)
        raise exception.InvalidParameterValue(
            f"Cannot patch {path}. Only the following can be updated: {names}"
        )
    if field.patchable_since > minor:
        raise exception.NotAcceptable()
    return field


def check(resource: Resource, document: Any, minor: int) -> list[dict[str, Any]]:
    """Return the operations of a patch, if their form is valid and their fields may change.

    :raises InvalidParameterValue: they are invalid.
    :raises NotAcceptable: a field is newer than the microversion.
    """
    operations = _check_form(document, minor)
    for operation in operations:
        field = _field(resource, operation["path"], minor)
        _check_removal(field, operation, minor)
        _check_value(field, operation, minor)
    return operations


def _check_value(field: Field, operation: dict[str, Any], minor: int) -> None:
    if field.unknown_at is None:
        return
    key = operation["path"].split("/")[2:3]
    value = operation.get("value")
    if field.unknown_at({key[0]: value} if key else value, minor):
        raise exception.NotAcceptable()


def _check_removal(field: Field, operation: dict[str, Any], minor: int) -> None:
    if operation["path"].count("/") > 1 or operation.get("value") is not None:
        return
    if field.removable_since is None:
        raise exception.InvalidParameterValue(
            f"'{field.name}' is a mandatory attribute and can not be removed"
        )
    if field.removable_since > minor:
        raise exception.NotAcceptable()


def before(record: Any, resource: Resource, operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the present value of each patchable field; a field of requests only has none.

    Secrets are read only if the patch may need them.
    """
    named = {operation["path"].split("/")[1] for operation in operations}
    return {
        name: getattr(record, name) if field.shown else None
        for name, field in resource.patchable.items()
        if field.redact is None or name in named
    }


def apply(
    resource: Resource, operations: list[dict[str, Any]], before: dict[str, Any]
) -> dict[str, Any]:
    """Return the fields that a checked patch changes, with their new values.

    :param before: the present value of each patchable field; it is not modified.
    :raises PatchError: an operation cannot be applied, for example because it removes a missing key.
    :raises InvalidParameterValue: a new value does not fit its field.
    :raises SecretUnreadable: a changed field still has a value that cannot be decrypted.
    """
    # Values that cannot be decrypted are allowed here, because the patch may replace them.
    before, after = encrypted.lenient(before), encrypted.lenient(before)
    touched: dict[str, Field] = {}
    for operation in operations:
        name, _, inside = operation["path"][1:].partition("/")
        field = touched[name] = resource.patchable[name]
        if inside:
            _apply_inside(after, operation)
        elif operation["op"] == "remove":
            after[name] = resource.null(field)
        else:
            after[name] = copy.deepcopy(operation["value"])
    changes = {}
    for name, field in touched.items():
        value = types.check(field.kind, name, after[name])
        if value is None:
            value = resource.null(field)
        if field.redact is not None:
            value = masks.unmask(value, before[name], field.redact)
            resource.refuse_masks(field, value, before[name])
        if (where := encrypted.unreadable_in(value, name)) is not None:
            raise exception.SecretUnreadable(where=where)
        # Compare by repr, because in Python True equals 1.
        if repr(value) != repr(before[name]):
            sizes.check(name, value, before[name], field.unmeasured)
            changes[name] = value
    return changes


def _apply_inside(document: dict[str, Any], operation: dict[str, Any]) -> None:
    try:
        jsonpatch.JsonPatch([operation]).apply(document, in_place=True)
    except (
        jsonpatch.JsonPatchException,
        jsonpointer.JsonPointerException,
        TypeError,
        ValueError,  # an index of thousands of digits
    ) as exc:
        # The library's message quotes the whole searched object, including passwords.
        reason = str(exc).partition(" in {")[0]
        raise exception.PatchError(patch=_shown(operation), reason=reason) from None


def _shown(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the operation with its secret masked."""
    if "value" not in operation:
        return operation
    secret = redaction.is_secret_key(operation["path"])
    value = redaction.MASK if secret else redaction.mask(operation["value"])
    return {**operation, "value": value}
