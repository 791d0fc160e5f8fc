# SPDX-License-Identifier: Apache-2.0
"""What an operation on a node declares about itself, its verbs and its states.

Everything here is data. The functions of an operation stand with its flow in the conductor, which the declaration
names; so the API, which knows no flows, reads the same declaration as the conductor.
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping

from ironic_lite.common import states


class Kind(enum.Enum):
    """What it means that a node is in a state."""

    STABLE = "stable"
    """The node rests until somebody asks for something; its target provision state is null."""
    WORKING = "working"
    """A conductor works on the node, and holds its lock for as long as the node is in the state."""
    WAITING = "waiting"
    """The operation waits for the agent; no lock is held."""
    HELD = "held"
    """A step asked to stop until somebody says ``unhold``; no lock is held."""
    FAILED = "failed"
    """The operation has failed; the node keeps its target provision state."""


class Change(enum.Enum):
    """What a client may change about a node because of its state. Other things may still forbid it."""

    RECORD = "record"
    """The node's record, although the node has a target provision state."""
    DRIVER = "driver"
    """How the server is driven: hardware type, interfaces, resource class."""
    CABLES = "cables"
    """What the node's ports tell of their cables."""
    VOLUMES = "volumes"
    """Volume connectors and targets may be deleted although the server is on."""
    DELETION = "deletion"
    """The node's record may be deleted. Under maintenance it always may."""


class Bar(enum.Enum):
    """A field of the node that refuses a verb while it is true."""

    MAINTENANCE = "maintenance"
    PROTECTED = "protected"
    RETIRED = "retired"


class Form(enum.Enum):
    """What the value of an argument looks like. The API knows how each is checked, and how it is drawn in OpenAPI."""

    STEPS = "steps"
    """A list of steps that run in the order given."""
    STEPS_BY_PRIORITY = "steps by priority"
    """A list of steps, each with a priority."""
    RUNBOOK = "runbook"
    """Name or UUID of a runbook; its steps take the place of the verb's argument of the form ``STEPS``."""
    CONFIG_DRIVE = "config drive"
    """A URL, a base64 text, or an object to build a config drive from."""
    PASSWORD = "password"  # noqa: S105 - the name of a form
    """A text that no message repeats."""
    TEXT = "text"
    FLAG = "flag"


@dataclasses.dataclass(frozen=True)
class State:
    """One provision state.

    :param name: as Ironic's API calls it.
    :param carries_instance: an instance is on the server, or about to be.
    :param allows: what may be changed about a node that is in it.
    :param keeps_power: the recorded power state is expected to hold. It never is in a working state.
    :param idle_agent: an agent may stay up in it between two operations (fast track).
    :param advice: what an operator does about a node that is in it.
    :param abort_since: first microversion (1.N) in which ``abort`` may be asked for in it.
    :param shown_before: microversion that shows it first, and what older ones show in its place.
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

    :param since: first microversion (1.N) in which this verb takes it.
    :param required: the verb is refused without it, unless a runbook takes its place.
    :param rule: what its access rule of its own is about, in words; None: it has none.
    :param too_early: what clients of older microversions are told; None: 406 without a text.
    :param elsewhere: what is said when it comes with another verb; None: a text that names the verbs that take it.
    :param rehearsed: what a plan calls the verb with, where the argument is required.
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
    """What a client may ask for as the target of ``PUT states/provision``.

    :param name: the target that clients send.
    :param event: what the state machine calls it.
    :param since: first microversion (1.N) that knows it.
    :param also: other words for it, each with its first microversion.
    :param meaning: what it does, in words that go on a sentence: "boot the instance again".
    :param begins_in: states in which it begins its operation.
    :param moves: states in which it only moves the node, and where to.
    :param start: the function that begins the operation, as ``module:name``; called with the task and the arguments.
    :param doing: how messages call it: "The node is in maintenance: *cleaning* is not possible".
    :param target: the target provision state, where it is not the operation's.
    :param barred_by: what refuses it.
    :param barred_first: maintenance refuses it before the node's state is looked at, as in Ironic.
    :param limited: it counts against the operation's limit.
    :param plannable: ``GET plan`` can rehearse it.
    :param on_the_way: a plan may put it before the verb that it is asked for.
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
        """All words for it, each with its first microversion."""
        return {self.name: self.since, **self.also}

    def argument(self, form: Form) -> Argument | None:
        """Its argument of this form."""
        return next((one for one in self.arguments if one.form is form), None)


@dataclasses.dataclass(frozen=True)
class Limit:
    """How many nodes of the cluster may be in an operation at one time.

    :param option: of ``[conductor]``.
    :param mutex: the row that makes conductors count one after the other. Operations of the same one count together.
    """

    option: str
    mutex: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    """One kind of operation on a node.

    :param name: how messages and the journal call it: "deployment".
    :param flow: the ``Flow`` with its functions, as ``module:name``.
    :param history: what the node's history files its failures under.
    :param working: the state in which a conductor works on it.
    :param waiting: the state in which it waits; None: it never does.
    :param held: the state in which a step has stopped it; None: none can.
    :param failed: the state that a failure leaves the node in: one of its own, or the name of a stable state.
    :param ends: how the working state is left when all went well: event -> state.
    :param more: other moves: state -> event -> state.
    :param target: the target provision state that entering the working state sets.
    :param verbs: what a client may ask for.
    :param timeout_option: option of ``[conductor]`` with the seconds of silence that end its wait.
    :param waits_for: what it waits for, in words.
    :param step_kind: the kind of its steps: "clean", "deploy", "service"; None: it has none.
    :param limit: how many nodes may be in it at one time; None: any number.
    :param preparation: what is done before its steps, in words.
    :param preparation_waits: the preparation ends with the wait for the ramdisk.
    :param winding_up: what is done behind its steps, in words; None: nothing.
    :param followed_by: name of the operation that follows by itself.
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
        """Its own states, each with its kind."""
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
        advice="The instance could not be taken off. Mend the cause, then ask for 'deleted' again.",
    ),
    State(states.RESCUE, carries_instance=True),
)
"""The states in which a node rests between operations."""
