# SPDX-License-Identifier: Apache-2.0
"""The operations on a node; each is declared once.

API, conductor, ``plan``, ``explain``, the OpenAPI document and the pages about states and timeouts read these
declarations. A new verb is a declaration here and its flow in ``conductor.operations.flows``. Another package adds an
operation with an entry point in the group ``ironic_lite.operations`` that refers to its :class:`Operation`.

``provision_states`` has the table of states, ``machine`` the transitions between them.
"""

import importlib.metadata
from collections.abc import Iterator

from ironic_lite.common.operations.adoption import ADOPTION
from ironic_lite.common.operations.cleaning import CLEANING
from ironic_lite.common.operations.control import ABORT, UNHOLD
from ironic_lite.common.operations.declaration import Argument, Operation, Verb
from ironic_lite.common.operations.deployment import DEPLOYMENT
from ironic_lite.common.operations.inspection import INSPECTION
from ironic_lite.common.operations.rescue import END_OF_RESCUE, RESCUE
from ironic_lite.common.operations.servicing import SERVICING
from ironic_lite.common.operations.undeployment import UNDEPLOYMENT
from ironic_lite.common.operations.verification import VERIFICATION

ENTRY_POINTS = "ironic_lite.operations"


def _from_other_packages() -> Iterator[Operation]:
    """Yield the operations that other packages declare.

    :raises TypeError: an entry point does not refer to an operation.
    """
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        found = entry.load()
        if not isinstance(found, Operation):
            raise TypeError(
                f"Entry point '{entry.name}' of the group {ENTRY_POINTS} names {entry.value}, which is not an "
                "Operation."
            )
        yield found


ALL: tuple[Operation, ...] = (
    VERIFICATION,
    CLEANING,
    INSPECTION,
    ADOPTION,
    DEPLOYMENT,
    UNDEPLOYMENT,
    RESCUE,
    END_OF_RESCUE,
    SERVICING,
    *_from_other_packages(),
)

VERBS: tuple[Verb, ...] = (*(verb for one in ALL for verb in one.verbs), ABORT, UNHOLD)

WORDS: dict[str, Verb] = {word: verb for verb in VERBS for word in verb.words}
"""Target of ``PUT states/provision`` -> the verb that it means."""

VERB_OF: dict[str, Verb] = {verb.event: verb for verb in VERBS}
"""Event of the state machine -> its verb."""

ARGUMENTS: dict[str, Argument] = {
    argument.name: argument for verb in VERBS for argument in verb.arguments
}
"""All arguments of verbs, by name. Verbs with the same argument use the same form."""

_BY_NAME = {one.name: one for one in ALL}


def named(name: str) -> Operation:
    """Return the operation of this name; raise ``KeyError`` when there is none."""
    return _BY_NAME[name]


def operation_of(verb: Verb) -> Operation | None:
    """Return the operation that a verb starts; None when it acts on the running one."""
    return next((one for one in ALL if verb in one.verbs), None)


def words_with(argument: str) -> list[str]:
    """Return the targets of all verbs that take an argument."""
    return [
        word
        for verb in VERBS
        if any(one.name == argument for one in verb.arguments)
        for word in verb.words
    ]


def _check() -> None:
    """:raises ValueError: two declarations use the same word, event or name, or different forms of an argument."""
    for what, said in (
        ("name of an operation", [one.name for one in ALL]),
        ("verb", [word for verb in VERBS for word in verb.words]),
        ("event", [verb.event for verb in VERBS]),
    ):
        twice = sorted({one for one in said if said.count(one) > 1})
        if twice:
            raise ValueError(f"Operations declare this {what} twice: {', '.join(twice)}.")
    for verb in VERBS:
        for argument in verb.arguments:
            if argument.form is not ARGUMENTS[argument.name].form:
                raise ValueError(
                    f"'{verb.name}' takes the argument '{argument.name}' as {argument.form.value}, another verb as "
                    f"{ARGUMENTS[argument.name].form.value}."
                )


_check()
