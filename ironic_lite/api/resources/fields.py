# SPDX-License-Identifier: Apache-2.0
"""The declaration of a resource: from it come bodies, patches, queries, columns, redaction and replies.

A resource module (``node.py``, ``port.py`` ...) states each field once, as a ``Field``. Everything that depends on
the microversion is worked out here and cached, so that a request pays for its rows only.
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

    :param since: first microversion (1.N) that shows and takes it.
    :param create: POST may set it.
    :param update: PATCH may change it.
    :param update_since: first microversion whose PATCH takes it, where that differs.
    :param mandatory: POST must set it, and PATCH cannot remove it.
    :param removable_since: first microversion whose PATCH may remove it or set it to null; None: none does.
    :param kind: what a value must look like; by default what its column can hold.
    :param default: what PATCH ``remove`` and a null leave behind; by default what a new record has in its column.
    :param shown: replies hold it; otherwise it is an argument only.
    :param row: a list without details shows it.
    :param sort: a list may be sorted by it; by default if it is a column of its own that holds one value.
    :param filter: a list may be narrowed by it: what the argument must look like. It has the field's name.
    :param filter_since: first microversion that knows the argument, where that differs.
    :param columns: what is read for it; its own name unless said otherwise.
    :param reader: makes the value of a row where it is not simply the column; given the microversion, it
        returns the function, or None where the column will do.
    :param unmeasured: keys of its object that do not count for its size while a patch leaves them as they are.
    :param redact: hides secrets in the value.
    :param secrets_rule: the access rule that shows the secrets all the same.
    :param unknown_at: whether a value holds what a microversion does not know; it is 406 there.
    :param rule: the access rule that shows the field; others get a word in its place. Decided by the node's owner
        and lessee where the resource is ``owned``.
    :param withheld_as: key of the word that stands in the place of an object.
    :param withheld_empty: whether the word stands in the place of an empty object too.
    :param write_rule: the access rule that lets a client give it a value, where the resource's own does not; or a
        function that names it for a value, None being the resource's own. POST, PATCH and a route of the field's own
        ask for the same rule.
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
        """The function that makes the value; None where the column is the value."""
        read = self.reader(minor) if self.reader else None
        if self.redact is None:
            return read
        name, redact, rule = self.name, self.redact, self.secrets_rule
        if rule is None:
            return lambda row, view: redact(row[name])
        return lambda row, view: row[name] if view.sight.grants_secrets(rule) else redact(row[name])

    @property
    def sortable(self) -> bool:
        """Whether a list may be sorted by it."""
        return bool(self.sort) and self.shown and self.columns is None

    @property
    def patchable_since(self) -> int:
        """The first microversion whose PATCH takes it, if any does."""
        return self.since if self.update_since is None else self.update_since

    def check_known(self, value: Any, minor: int) -> None:
        """:raises NotAcceptable: this microversion knows no such field, or no such value of it."""
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
        """The access rule that lets a client give it this value; None: the resource's own.

        :param value: as a body holds it. One that does not fit is refused once access is granted.
        """
        if not callable(self.write_rule):
            return self.write_rule
        with contextlib.suppress(exception.InvalidParameterValue):
            value = types.check(self.kind, self.name, value)
        return self.write_rule(value)

    @property
    def withheld(self) -> Any:
        """What stands in the place of a value that its rule does not show."""
        text = f"** Redacted: {self.rule} is needed to see this. **"
        return {self.withheld_as: text} if self.kind is types.OBJECT else text


def computed(read: Reader) -> Callable[[int], Reader]:
    """A ``reader`` that is the same at every microversion."""
    return lambda minor: read


class Serialiser:
    """Turns a row of ``columns`` into what a client sees, in place: a row is read for one reply only."""

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
        """The columns whose secrets this client is shown: they have to be decrypted in the row."""
        return [name for name, rule in self._secrets if view.sight.grants_secrets(rule)]

    def __call__(self, row: Row, view: View) -> Row:
        # All are read before any is written: some readers look at several columns.
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

    :param name: what messages call it.
    :param collection: its path and the key of its lists.
    :param record: the object whose fields these are, under the same names; None: its rows are made for it.
    :param key: the column that its links are made of.
    :param owned: its records have an owner and a lessee.
    :param hides: where a field newer than the microversion is answered as if there were no such field (400), as
        Ironic does for some resources, and not as one that comes too early (406): ``QUERY``, ``BODY``.
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
        """The names of a ``fields=`` argument, when all of them may be asked for.

        :raises InvalidParameterValue: there is no such field.
        :raises NotAcceptable: there is, from a later microversion on.
        """
        # One that is named a thousand times is asked for once.
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
        """:raises InvalidParameterValue: no list is sorted by this.
        :raises NotAcceptable: not yet at this microversion.
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
        """The fields that the body of a POST sets.

        :raises InvalidParameterValue: unknown or missing field, or an unfit value, or one that is too large.
        :raises NotAcceptable: a field is newer than the microversion.
        """
        values = types.parse_body(self._body_type, document, self.name)
        for name, value in list(values.items()):
            field = self.fields[name]
            if field.since > minor and BODY in self._hides:
                raise exception.InvalidParameterValue(
                    f"Schema error for {self.name}: Additional properties are not allowed ('{name}' was unexpected)"
                )
            if value is None:
                # Some clients send all that they know, unset: it is as if the field were left out.
                self.null(field)
                del values[name]
            else:
                field.check_known(value, minor)
                self.refuse_masks(field, value, None)
                sizes.check(name, value)
        return values

    @staticmethod
    def refuse_masks(field: Field, value: Any, before: Any) -> None:
        """:raises InvalidParameterValue: a mask stands where there is no secret for it."""
        if field.redact is None:
            return
        where = masks.misplaced(value, before, field.name)
        if where is not None:
            raise exception.InvalidParameterValue(
                f"{where} holds {redaction.MASK}, which stands for a secret that is not shown, and there was none in "
                "this place. Give the secret itself, or leave it out."
            )

    def null(self, field: Field) -> Any:
        """What a null means for ``field``.

        :raises InvalidParameterValue: it has to have a value.
        """
        if field.mandatory:
            raise exception.InvalidParameterValue(
                f"Schema error for {self.name}: '{field.name}' is a required property"
            )
        return self.default(field)

    @staticmethod
    def default(field: Field) -> Any:
        """A default of its own for each record."""
        return field.default.copy() if isinstance(field.default, (dict, list)) else field.default

    @functools.cached_property
    def patchable(self) -> dict[str, Field]:
        """The fields that PATCH may change."""
        return {name: field for name, field in self.fields.items() if field.update}

    def patchable_at(self, minor: int) -> dict[str, Field]:
        """Those that a patch of this microversion may name; some may yet come too early."""
        if BODY not in self._hides:
            return self.patchable
        return {name: field for name, field in self.patchable.items() if field.since <= minor}

    def update_rules(self, document: Any) -> tuple[str, ...]:
        """The access rules that a patch asks for, as far as it can be read: one for each of its fields.

        Asked before the patch is checked, so whatever is wrong with it only leads to the resource's own rule.
        """
        own = f"baremetal:{self.name}:update"
        rules: dict[str, None] = {}
        operations = document if isinstance(document, list) else []
        for operation in [each for each in operations if isinstance(each, dict)]:
            path = operation.get("path")
            name = path.split("/")[1] if isinstance(path, str) and "/" in path else ""
            field = self.fields.get(name)
            # What is removed takes its default, whatever the operation says besides.
            value = None if operation.get("op") == "remove" else operation.get("value")
            rules[(field and field.rule_for(value)) or own] = None
        return tuple(rules) or (own,)

    def creation_rules(self, document: Any) -> tuple[str, ...]:
        """The access rules that the body of a POST asks for, beside the one to create a record at all.

        Those of the fields that get another value than without being named. Who may create a record may give the
        mandatory fields, without which there is none. Asked before the body is checked.
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

    def rule_for(self, name: str, value: Any) -> str:
        """The access rule that lets a client give this field this value, by whatever route."""
        return self.fields[name].rule_for(value) or f"baremetal:{self.name}:update"
