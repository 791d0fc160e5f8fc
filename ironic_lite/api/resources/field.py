# SPDX-License-Identifier: Apache-2.0
"""The declaration of one field of a resource.

What it leaves out follows from the field's database column: see ``derived``.
"""

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

from ironic_lite.api import types
from ironic_lite.api.view import View
from ironic_lite.common import exception

Row = dict[str, Any]
Reader = Callable[[Row, View], Any]

UNSAID: Any = object()
"""What follows from the column."""


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
