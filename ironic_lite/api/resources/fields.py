# SPDX-License-Identifier: Apache-2.0
"""The declaration of a resource, from which the API derives bodies, patches, queries, columns, redaction and replies.

A resource module (``node.py``, ``port.py`` ...) declares each field once, as a ``Field``. This module computes what
depends on the microversion, and caches it: the cost of a request depends on its rows only.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Collection, Iterable
from typing import Any

from ironic_lite.api import sizes, types, versions
from ironic_lite.api.resources.derived import UNSAID, completed
from ironic_lite.api.view import View
from ironic_lite.common import exception, masks, redaction
from ironic_lite.objects.record import Listed

Row = dict[str, Any]
Reader = Callable[[Row, View], Any]

ROW = "row"
DETAIL = "detail"

QUERY = "query"
BODY = "body"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a resource.

    :param since: first microversion (1.N) that shows and accepts it.
    :param create: POST may set it.
    :param update: PATCH may change it.
    :param update_since: first microversion whose PATCH accepts it, if it differs from ``since``.
    :param mandatory: POST must set it, and PATCH cannot remove it.
    :param removable_since: first microversion whose PATCH may remove it or set it to null; None: it cannot be removed.
    :param kind: the values that it accepts; by default those that its column can hold.
    :param default: its value after PATCH ``remove`` or a null; by default the column's value in a new record.
    :param hidden: at earlier microversions a body with it is 400 (an unknown field), as in Ironic; see ``hides`` of the
        resource.
    :param shown: replies show it; otherwise only requests have it.
    :param row: a list without details shows it.
    :param sort: a list can be sorted by it; by default if it has its own column with a single value.
    :param filter: the kind of the query argument of its name, which filters a list by it; None: there is none.
    :param filter_since: first microversion that has the argument, if it differs from ``since``.
    :param columns: the columns to read for it; by default the one of its name.
    :param reader: takes the microversion, and returns the function that computes the value from a row; or None, if the
        value is that of the column.
    :param unmeasured: keys of its object that do not count towards its size while a patch leaves them unchanged.
    :param redact: hides secrets in the value.
    :param secrets_rule: the access rule under which a client sees the secrets.
    :param unknown_at: whether a value has parts that are newer than a microversion; the request then gets 406.
    :param rule: the access rule for seeing the field; other clients get a placeholder. If the resource is ``owned``,
        the record's owner and lessee count.
    :param withheld_as: the key of the placeholder, if the value is an object.
    :param withheld_empty: whether the placeholder replaces an empty object too.
    :param write_rule: the access rule for setting it, if it differs from the resource's; or a function that returns
        the rule for a value, or None for the resource's rule. POST, PATCH and a route for this field alone apply the
        same rule.
    """

    name: str
    kind: types.Kind = types.ANY
    since: int = 1
    create: bool = False
    update: bool = False
    update_since: int | None = None
    mandatory: bool = False
    removable_since: int | None = 1
    default: Any = UNSAID
    hidden: bool = False
    shown: bool = True
    row: bool = False
    sort: bool | None = None
    filter: types.Kind | None = None
    filter_since: int | None = None
    columns: tuple[str, ...] | None = None
    reader: Callable[[int], Reader | None] | None = None
    unmeasured: tuple[str, ...] = ()
    redact: Callable[[Any], Any] | None = None
    secrets_rule: str | None = None
    unknown_at: Callable[[Any, int], bool] | None = None
    rule: str | None = None
    withheld_as: str = "content"
    withheld_empty: bool = True
    write_rule: str | Callable[[Any], str | None] | None = None

    def read_at(self, minor: int) -> Reader | None:
        """Return the function that computes the value; None if the value is that of the column."""
        read = self.reader(minor) if self.reader else None
        if self.redact is None:
            return read
        name, redact, rule = self.name, self.redact, self.secrets_rule
        if rule is None:
            return lambda row, view: redact(row[name])
        return lambda row, view: row[name] if view.sight.grants_secrets(rule) else redact(row[name])

    @property
    def sortable(self) -> bool:
        """Whether a list can be sorted by it."""
        return bool(self.sort) and self.shown and self.columns is None

    @property
    def patchable_since(self) -> int:
        """The first microversion whose PATCH accepts it, if PATCH accepts it at all."""
        return self.since if self.update_since is None else self.update_since

    def check_known(self, value: Any, minor: int) -> None:
        """:raises NotAcceptable: this microversion does not have the field or the value."""
        unknown = self.unknown_at is not None and self.unknown_at(value, minor)
        if self.since > minor or unknown:
            raise exception.NotAcceptable()

    def removable_at(self, minor: int) -> bool:
        """Whether PATCH may remove it or set it to null."""
        return (
            not self.mandatory
            and self.removable_since is not None
            and self.removable_since <= minor
        )

    def rule_for(self, value: Any) -> str | None:
        """Return the access rule for setting it to this value; None: the resource's rule.

        :param value: from the body, not checked yet.
        """
        if not callable(self.write_rule):
            return self.write_rule
        with contextlib.suppress(exception.InvalidParameterValue):
            value = types.check(self.kind, self.name, value)
        return self.write_rule(value)

    @property
    def write_rules(self) -> set[str]:
        """The access rules that setting it may need; a function is asked about true and false."""
        if not callable(self.write_rule):
            return {self.write_rule} if self.write_rule else set()
        return {rule for value in (True, False) if (rule := self.write_rule(value)) is not None}

    @property
    def withheld(self) -> Any:
        """The placeholder for a value that the client may not see."""
        text = f"** Redacted: {self.rule} is needed to see this. **"
        return {self.withheld_as: text} if self.kind is types.OBJECT else text


def computed(read: Reader) -> Callable[[int], Reader]:
    """Return a ``reader`` that is the same at every microversion."""
    return lambda minor: read


BOTH: dict[str, Any] = {"create": True, "update": True}
"""The arguments of a field that POST and PATCH set."""


def links(
    collection: str, name: str = "links", end: str = "", since: int = 1, row: bool = True
) -> Field:
    """Return the field with the links to a record, which its UUID identifies.

    :param collection: the path of the resource.
    :param end: the path of a part of the record, below that of the record.
    """
    read = computed(lambda row, view: view.links(f"{collection}/{row['uuid']}{end}"))
    return Field(name=name, kind=types.LINKS, since=since, columns=("uuid",), reader=read, row=row)


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
