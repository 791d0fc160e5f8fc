# SPDX-License-Identifier: Apache-2.0
"""Completes a field's declaration from its database column: kind, default, and whether lists can be sorted by it."""

import dataclasses
from typing import Any

from ironic_lite.api import types
from ironic_lite.api.resources.field import UNSAID, Field
from ironic_lite.objects.record import Listed
from ironic_lite.objects.shapes import Holds, Shape

_TAKEN: dict[Holds, types.Kind] = {
    Holds.UUID: types.UUID,
    Holds.MAC: types.MAC,
    Holds.FLAG: types.BOOLEAN,
    Holds.NUMBER: types.NUMBER,
    Holds.OBJECT: types.OBJECT,
}
_SHOWN: dict[Holds, types.Kind] = {
    Holds.UUID: types.UUID,
    Holds.MAC: types.MAC,
    Holds.TEXT: types.WORD,
    Holds.FLAG: types.FLAG,
    Holds.NUMBER: types.COUNT,
    Holds.MOMENT: types.MOMENT,
    Holds.OBJECT: types.FACTS,
    Holds.LIST: types.WORDS,
}
_TEXTS: dict[int | None, types.Text] = {255: types.TEXT, None: types.LONG_TEXT}


def completed(field: Field, record: type[Listed] | None) -> Field:
    """Return the field, with what its declaration leaves out taken from its column.

    :raises TypeError: the record has no such column, or the column cannot hold the values of the field's kind.
    """
    read = (field.name,) if field.columns is None else field.columns
    shapes = {name: record.shape_of(name) for name in read} if record and field.shown else {}
    for name, shape in shapes.items():
        if record is not None and shape is None and name not in record.fields:
            raise TypeError(f"{record.obj_name()} has no column {name}, which a field shows.")
    shape = shapes.get(field.name)
    said = {
        "kind": field.kind if field.kind is not types.ANY else _kind(field, shape),
        "default": _default(shape) if field.default is UNSAID else field.default,
        "sort": (shape is None or _is_sortable(shape)) if field.sort is None else field.sort,
    }
    _check_length(field.name, said["kind"], shape)
    return dataclasses.replace(field, **said)


def _kind(field: Field, shape: Shape | None) -> types.Kind:
    if shape is None:
        return types.ANY
    if not (field.create or field.update):
        moment = shape.holds is Holds.MOMENT and not shape.nullable
        return types.CREATED if moment else _SHOWN[shape.holds]
    if shape.holds is Holds.TEXT:
        return _TEXTS.get(shape.max_length) or types.Text(shape.max_length)
    if shape.holds not in _TAKEN:
        raise TypeError(f"Field {field.name} needs a kind: its column holds a {shape.holds.value}.")
    return _TAKEN[shape.holds]


def _default(shape: Shape | None) -> Any:
    if shape is None:
        return None
    if shape.is_json:
        return {} if shape.holds is Holds.OBJECT else []
    return shape.default


def _is_sortable(shape: Shape) -> bool:
    return shape.own and not shape.is_json


def _check_length(name: str, kind: types.Kind, shape: Shape | None) -> None:
    if shape is None or shape.max_length is None or not isinstance(kind, types.Text):
        return
    if "enum" in kind.schema:
        return
    if kind.max_length is None or kind.max_length > shape.max_length:
        raise TypeError(
            f"Field {name} takes {kind.max_length or 'any number of'} characters, and its column {shape.max_length}."
        )
