# SPDX-License-Identifier: Apache-2.0
"""The declaration of an operation: its verbs, states and arguments.

Everything here is data. The declaration names the functions of the operation, which are in its flow in the conductor.
So the API, which has no flows, reads the same declaration as the conductor.
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping

from ironic_lite.common import states


class Kind(enum.Enum):
    """The kind of a provision state."""

    STABLE = "stable"
    """The node rests until the next request; its target provision state is null."""
    WORKING = "working"
    """A conductor works on the node, and has it locked while it is in the state."""
    WAITING = "waiting"
    """The operation waits for the agent; no lock is held."""
    HELD = "held"
    """A step ``hold`` stopped the operation until ``unhold``; no lock is held."""
    FAILED = "failed"
    """The operation has failed; the node keeps its target provision state."""


class Change(enum.Enum):
    """What a client may change because of a node's state. Other rules may still forbid it."""

    RECORD = "record"
    """The node's record, although the node has a target provision state."""
    DRIVER = "driver"
    """The hardware type, the interfaces and the resource class."""
    CABLES = "cables"
    """The fields of the node's ports that describe their cables."""
    VOLUMES = "volumes"
    """Volume connectors and targets may be deleted although the server is on."""
    DELETION = "deletion"
    """The node's record may be deleted. Under maintenance it always may."""


class Bar(enum.Enum):
    """A field of the node that bars a verb while it is true."""

    MAINTENANCE = "maintenance"
    PROTECTED = "protected"
    RETIRED = "retired"


class Form(enum.Enum):
    """The form of an argument's value. The API has the check and the OpenAPI schema of each form."""

    STEPS = "steps"
    """A list of steps that run in the order given."""
    STEPS_BY_PRIORITY = "steps by priority"
    """A list of steps, each with a priority."""
    RUNBOOK = "runbook"
    """Name or UUID of a runbook; its steps replace the verb's argument of the form ``STEPS``."""
    CONFIG_DRIVE = "config drive"
    """A URL, a base64 text, or an object to build a config drive from."""
    PASSWORD = "password"  # noqa: S105 - the name of a form
    """A secret text that no message repeats."""
    TEXT = "text"
    FLAG = "flag"


@dataclasses.dataclass(frozen=True)
class State:
    """One provision state.

    :param name: its name in Ironic's API.
    :param carries_instance: an instance is or will be on the server.
    :param allows: what may be changed in this state.
    :param keeps_power: power sync enforces the recorded power state. It never does so in a working state.
    :param idle_agent: an agent may stay up in this state between two operations (fast-track).
    :param advice: what an operator can do about a node in this state.
    :param abort_since: first microversion (1.N) that accepts ``abort`` in this state.
    :param shown_before: first microversion that shows the state, and what older ones show instead.
    """

    name: str
    carries_instance: bool = False
    allows: frozenset[Change] = frozenset()
    keeps_power: bool = True
    idle_agent: bool = False
    advice: str | None = None
    abort_since: int = 1
    shown_before: tuple[int, str | None] | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument of a verb, in the body of ``PUT states/provision``.

    :param since: first microversion (1.N) that accepts it with this verb.
    :param required: the verb is refused without it, unless a runbook replaces it.
    :param rule: text of its own access rule; None: it has none.
    :param too_early: message for clients of older microversions; None: 406 without a text.
    :param elsewhere: message when it comes with another verb; None: a text that lists its verbs.
    :param rehearsed: value for a plan, when the argument is required.
    """

    name: str
    form: Form
    since: int
    required: bool = False
    rule: str | None = None
    too_early: str | None = None
    elsewhere: str | None = None
    rehearsed: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb: a target of ``PUT states/provision``.

    :param name: the target that clients send.
    :param event: its event in the state machine.
    :param since: first microversion (1.N) that accepts it.
    :param also: other targets with the same meaning, each with its first microversion.
    :param meaning: what it does, as a part of a sentence: "boot the instance again".
    :param begins_in: states in which it starts its operation.
    :param moves: states in which it only changes the state -> the new state.
    :param start: the function that starts the operation, as ``module:name``; called with the task and the arguments.
    :param doing: its name in messages: "The node is in maintenance: *cleaning* is not possible".
    :param target: the target provision state, if it differs from the operation's.
    :param barred_by: the fields of a node that bar it.
    :param barred_first: maintenance bars it before the node's state is checked, as in Ironic.
    :param limited: it counts against the operation's limit.
    :param plannable: ``GET plan`` can rehearse it.
    :param on_the_way: a plan may run it before the requested verb.
    """

    name: str
    event: str
    since: int
    meaning: str
    start: str
    doing: str
    also: Mapping[str, int] = dataclasses.field(default_factory=dict)
    begins_in: tuple[str, ...] = ()
    moves: Mapping[str, str] = dataclasses.field(default_factory=dict)
    target: str | None = None
    arguments: tuple[Argument, ...] = ()
    barred_by: tuple[Bar, ...] = ()
    barred_first: bool = False
    limited: bool = False
    plannable: bool = True
    on_the_way: bool = False

    @property
    def words(self) -> dict[str, int]:
        """Return all targets with this meaning, each with its first microversion."""
        return {self.name: self.since, **self.also}

    def argument(self, form: Form) -> Argument | None:
        """Return its argument of this form; None when it has none."""
        return next((one for one in self.arguments if one.form is form), None)


@dataclasses.dataclass(frozen=True)
class Limit:
    """The limit of nodes in an operation at the same time, in the whole cluster.

    :param option: option of ``[conductor]``.
    :param mutex: row that serializes the counting of conductors. Operations with the same row share the limit.
    """

    option: str
    mutex: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    """One kind of operation on a node.

    :param name: its name in messages and the journal: "deployment".
    :param flow: the ``Flow`` with its functions, as ``module:name``.
    :param history: event type of its failures in the node's history.
    :param working: state in which a conductor works on it.
    :param waiting: state in which it waits; None: it never waits.
    :param held: state in which a step holds it; None: it cannot be held.
    :param failed: state after a failure: its own one, or the name of a stable state.
    :param ends: transitions out of the working state on success: event -> state.
    :param more: other transitions: state -> event -> state.
    :param target: target provision state to set with the working state.
    :param verbs: the verbs of clients.
    :param timeout_option: option of ``[conductor]`` with the timeout of its wait in seconds.
    :param waits_for: text: what it waits for.
    :param step_kind: the kind of its steps: "clean", "deploy", "service"; None: it has none.
    :param limit: limit of concurrent nodes; None: no limit.
    :param preparation: text: what happens before its steps.
    :param preparation_waits: the preparation ends with a wait for the ramdisk.
    :param winding_up: text: what happens after its steps; None: nothing.
    :param followed_by: name of the operation that follows automatically.
    """

    name: str
    flow: str
    history: str
    working: State
    failed: State | str
    ends: Mapping[str, str]
    target: str
    preparation: str
    verbs: tuple[Verb, ...] = ()
    waiting: State | None = None
    held: State | None = None
    more: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    timeout_option: str | None = None
    waits_for: str = "the agent"
    step_kind: str | None = None
    limit: Limit | None = None
    preparation_waits: bool = True
    winding_up: str | None = None
    followed_by: str | None = None

    def states(self) -> Iterator[tuple[State, Kind]]:
        """Yield its own states, each with its kind."""
        yield self.working, Kind.WORKING
        if self.waiting is not None:
            yield self.waiting, Kind.WAITING
        if self.held is not None:
            yield self.held, Kind.HELD
        if isinstance(self.failed, State):
            yield self.failed, Kind.FAILED


CHANGING_RECORD = frozenset({Change.RECORD})

RESTING = (
    State(
        states.ENROLL,
        allows=frozenset({Change.DRIVER, Change.CABLES, Change.VOLUMES, Change.DELETION}),
        keeps_power=False,
        idle_agent=True,
    ),
    State(
        states.MANAGEABLE,
        allows=frozenset({Change.DRIVER, Change.CABLES, Change.VOLUMES, Change.DELETION}),
        idle_agent=True,
    ),
    State(
        states.AVAILABLE,
        allows=frozenset({Change.DRIVER, Change.DELETION}),
        idle_agent=True,
        shown_before=(2, None),
    ),
    State(states.ACTIVE, carries_instance=True),
    State(
        states.ERROR,
        allows=CHANGING_RECORD,
        advice="The instance could not be removed. Correct the cause, then request 'deleted' again.",
    ),
    State(states.RESCUE, carries_instance=True),
)
"""The states in which a node rests between operations."""
