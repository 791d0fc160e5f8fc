# SPDX-License-Identifier: Apache-2.0
"""The declaration of a resource, from which the API derives bodies, patches, queries, columns, redaction and replies.

A resource module (``node.py``, ``port.py`` ...) declares each field once (see ``field``). This module computes what
depends on the microversion, and caches it: the cost of a request depends on its rows only.
"""

import functools
from collections.abc import Collection, Iterable
from typing import Any

from ironic_lite.api import sizes, types, versions
from ironic_lite.api.resources.derived import completed
from ironic_lite.api.resources.field import Field, Row
from ironic_lite.api.view import View
from ironic_lite.common import exception, masks, redaction
from ironic_lite.objects.record import Listed

ROW = "row"
DETAIL = "detail"

QUERY = "query"
BODY = "body"


class Serialiser:
    """Converts a row of ``columns`` into its representation for a client, in place."""

    def __init__(self, fields: Iterable[Field], minor: int, key: str, owned: bool = False):
        self.fields = tuple(fields)
        self._guarded = tuple(
            (f.name, f.rule, f.withheld, f.withheld_empty) for f in self.fields if f.rule
        )
        columns: dict[str, None] = {key: None}
        if owned and self._guarded:
            columns.update(dict.fromkeys(("owner", "lessee")))
        for field in self.fields:
            columns.update(dict.fromkeys((field.name,) if field.columns is None else field.columns))
        self.columns = tuple(columns)
        shown = {field.name for field in self.fields}
        self._secrets = tuple((f.name, f.secrets_rule) for f in self.fields if f.secrets_rule)
        self._hidden = tuple(column for column in self.columns if column not in shown)
        readers = [(field.name, field.read_at(minor)) for field in self.fields]
        self._readers = tuple((name, read) for name, read in readers if read is not None)

    def disclosed_to(self, view: View) -> list[str]:
        """Return the columns whose secrets this client may see, and which have to be decrypted."""
        return [name for name, rule in self._secrets if view.sight.grants_secrets(rule)]

    def __call__(self, row: Row, view: View) -> Row:
        # Some readers need several columns, so all values are computed before the row changes.
        row.update([(name, read(row, view)) for name, read in self._readers])
        if self._guarded and not view.sight.is_whole:
            self._withhold(row, view)
        for column in self._hidden:
            del row[column]
        return row

    def _withhold(self, row: Row, view: View) -> None:
        owner, lessee = row.get("owner"), row.get("lessee")
        for name, rule, withheld, empty_too in self._guarded:
            if (row[name] or empty_too) and not view.sight.grants(rule, owner, lessee):
                row[name] = withheld


class Resource:
    """A kind of record that the API serves.

    :param name: its name in messages.
    :param collection: its path, and the key of its lists.
    :param record: the object that has the fields, with the same names; None: controllers compute its rows.
    :param key: the column that identifies a record in its links.
    :param owned: its records have an owner and a lessee.
    :param hides: the parts of a request (``QUERY``, ``BODY``) in which a field newer than the microversion is 400 (an
        unknown field), as in Ironic for some resources. In the others it is 406.
    """

    def __init__(
        self,
        name: str,
        collection: str,
        fields: Iterable[Field],
        record: type[Listed] | None = None,
        key: str = "uuid",
        owned: bool = False,
        hides: Collection[str] = (),
    ):
        self.name = name
        self.collection = collection
        self.key = key
        self.owned = owned
        self._hides = hides
        self.fields = {field.name: completed(field, record) for field in fields}
        self._body_type = types.body_class(
            f"{name.capitalize()}Body",
            {f.name: f.kind for f in self.fields.values() if f.create},
            [f.name for f in self.fields.values() if f.create and f.mandatory],
        )
        self.serialiser = functools.lru_cache(maxsize=512)(self._serialiser)

    # Replies.

    def _serialiser(self, minor: int, shown: tuple[str, ...] | None, view: str) -> Serialiser:
        visible = [f for f in self.fields.values() if f.shown and f.since <= minor]
        if shown is not None:
            chosen = [field for field in visible if field.name in shown or field.name == "links"]
        elif view == ROW:
            chosen = [field for field in visible if field.row]
        else:
            chosen = visible
        return Serialiser(chosen, minor, self.key, self.owned)

    def check_fields(self, names: Iterable[str], minor: int) -> tuple[str, ...]:
        """Return the names of a ``fields=`` argument without repetitions.

        :raises InvalidParameterValue: a field does not exist.
        :raises NotAcceptable: a field is newer than the microversion.
        """
        names = tuple(dict.fromkeys(names))
        newest = minor if QUERY in self._hides else versions.MAX
        unknown = [
            name
            for name in names
            if name not in self.fields
            or not self.fields[name].shown
            or self.fields[name].since > newest
        ]
        if unknown:
            raise exception.InvalidParameterValue(f'Field(s) "{", ".join(unknown)}" are not valid')
        if any(self.fields[name].since > minor for name in names):
            raise exception.NotAcceptable()
        return names

    def check_sort_key(self, key: str, minor: int) -> str:
        """Return ``key``, checked.

        :raises InvalidParameterValue: lists cannot be sorted by it.
        :raises NotAcceptable: it is newer than the microversion.
        """
        field = self.fields.get(key)
        if field is not None and field.since > minor:
            raise exception.NotAcceptable()
        if key != "id" and not (field is not None and field.sortable):
            raise exception.InvalidParameterValue(
                f'The sort_key value "{key[:64]}" is an invalid field for sorting'
            )
        return key

    # Bodies.

    def parse(self, document: Any, minor: int) -> dict[str, Any]:
        """Return the checked fields that the body of a POST sets.

        :raises InvalidParameterValue: a field is unknown or missing, or a value is invalid or too large.
        :raises NotAcceptable: a field is newer than the microversion.
        """
        values = types.parse_body(self._body_type, document, self.name)
        for name, value in list(values.items()):
            field = self.fields[name]
            if field.since > minor and (field.hidden or BODY in self._hides):
                raise exception.InvalidParameterValue(
                    f"Schema error for {self.name}: Additional properties are not allowed ('{name}' was unexpected)"
                )
            if value is None:
                # Some clients send every field that they know, with null for those that are not set.
                self.null(field)
                del values[name]
            else:
                field.check_known(value, minor)
                self.refuse_masks(field, value, None)
                sizes.check(name, value)
        return values

    @staticmethod
    def refuse_masks(field: Field, value: Any, before: Any) -> None:
        """:raises InvalidParameterValue: the value has a mask where ``before`` has no secret."""
        if field.redact is None:
            return
        where = masks.misplaced(value, before, field.name)
        if where is not None:
            raise exception.InvalidParameterValue(
                f"{where} holds {redaction.MASK}, which stands for a secret that is not shown, and there was none in "
                "this place. Give the secret itself, or leave it out."
            )

    def null(self, field: Field) -> Any:
        """Return the value that a null sets ``field`` to.

        :raises InvalidParameterValue: the field cannot be null.
        """
        if field.mandatory:
            raise exception.InvalidParameterValue(
                f"Schema error for {self.name}: '{field.name}' is a required property"
            )
        return self.default(field)

    @staticmethod
    def default(field: Field) -> Any:
        """Return a copy of the field's default."""
        return field.default.copy() if isinstance(field.default, (dict, list)) else field.default

    @functools.cached_property
    def patchable(self) -> dict[str, Field]:
        """The fields that PATCH may change."""
        return {name: field for name, field in self.fields.items() if field.update}

    def patchable_at(self, minor: int) -> dict[str, Field]:
        """Return the fields that a patch of this microversion may name; some may still be 406."""
        if BODY not in self._hides:
            return self.patchable
        return {name: field for name, field in self.patchable.items() if field.since <= minor}

    def update_rules(self, document: Any) -> tuple[str, ...]:
        """Return the access rules that a patch needs, one for each of its fields.

        Access is checked before the patch is, so an invalid operation counts as one that needs the resource's rule.
        """
        own = f"baremetal:{self.name}:update"
        rules: dict[str, None] = {}
        operations = document if isinstance(document, list) else []
        for operation in [each for each in operations if isinstance(each, dict)]:
            path = operation.get("path")
            name = path.split("/")[1] if isinstance(path, str) and "/" in path else ""
            field = self.fields.get(name)
            # A removed field gets its default; a "value" beside it has no meaning.
            value = None if operation.get("op") == "remove" else operation.get("value")
            rules[(field and field.rule_for(value)) or own] = None
        return tuple(rules) or (own,)

    def creation_rules(self, document: Any) -> tuple[str, ...]:
        """Return the access rules that the body of a POST needs besides the rule for creating a record.

        These are the rules of the fields that the body sets to another value than their default. Mandatory fields need
        no rule. Access is checked before the body is.
        """
        rules: dict[str, None] = {}
        for name, value in document.items() if isinstance(document, dict) else ():
            field = self.fields.get(name)
            if field is None or field.mandatory or value is None or value == field.default:
                continue
            rule = field.rule_for(value)
            if rule is not None:
                rules[rule] = None
        return tuple(rules)

    @property
    def all_update_rules(self) -> set[str]:
        """All access rules that ``update_rules`` may return."""
        fields = self.patchable.values()
        return {f"baremetal:{self.name}:update"}.union(*(field.write_rules for field in fields))

    @property
    def all_creation_rules(self) -> set[str]:
        """All access rules that ``creation_rules`` may return."""
        fields = (f for f in self.fields.values() if f.create and not f.mandatory)
        return set().union(*(field.write_rules for field in fields))

    @property
    def reading_rules(self) -> set[str]:
        """The access rules for seeing fields."""
        return {field.rule for field in self.fields.values() if field.rule is not None}

    def rule_for(self, name: str, value: Any) -> str:
        """Return the access rule for setting this field to this value, the same on every route."""
        return self.fields[name].rule_for(value) or f"baremetal:{self.name}:update"
