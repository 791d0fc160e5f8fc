# SPDX-License-Identifier: Apache-2.0
"""The RPC client: messages, recipients and versions."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Protocol

import oslo_messaging
import pytest

from ironic_lite.common import context, exception, release_mappings, rpc
from ironic_lite.conductor import contract, rpcapi
from ironic_lite.conductor.contract import declaration
from ironic_lite.conductor.contract.declaration import exclusive
from ironic_lite.objects.base import IronicLiteObjectSerializer


@pytest.fixture
def transport(set_option: Any) -> Iterator[None]:
    rpc.register_options()
    set_option("transport_url", "inprocess:///rpcapi")
    rpc.init()
    yield
    rpc.cleanup()


class Peer:
    """A conductor of some release, which records the calls."""

    def __init__(self, version: str):
        self.target = oslo_messaging.Target(version=version)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.called = threading.Event()

    @oslo_messaging.expose
    def change_node_power_state(self, _context: Any, **arguments: Any) -> str:
        return self._note("change_node_power_state", arguments)

    @oslo_messaging.expose
    def switch_power(self, _context: Any, **arguments: Any) -> str:
        return self._note("switch_power", arguments)

    @oslo_messaging.expose
    def take_up(self, _context: Any, **arguments: Any) -> None:
        self._note("take_up", arguments)

    def _note(self, name: str, arguments: dict[str, Any]) -> str:
        self.heard.append((name, arguments))
        self.called.set()
        return "heard"


@contextlib.contextmanager
def serving(peer: Any) -> Iterator[None]:
    server = rpc.get_server(
        oslo_messaging.Target(topic=rpcapi.TOPIC, server="peer"),
        [peer],
        IronicLiteObjectSerializer(),
    )
    server.start()
    try:
        yield
    finally:
        server.stop()
        server.wait()


@pytest.fixture
def pin(set_option: Any) -> Any:
    return lambda release: set_option("pin_release_version", release)


class NextCalls(Protocol):
    """The call of a later release that replaces one of this release."""

    @exclusive(
        "power",
        since="1.91",
        formerly=lambda sent: (
            "change_node_power_state",
            {"node_id": sent["node_id"], "new_state": sent["power"]},
        ),
    )
    def switch_power(self, context: Any, node_id: str, power: str) -> None: ...


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        ("1.90", ("change_node_power_state", {"node_id": "n", "new_state": "power on"})),
        ("1.91", ("switch_power", {"node_id": "n", "power": "power on"})),
    ],
)
def test_an_older_conductor_is_asked_for_what_it_knows(
    transport: None,
    pin: Any,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    sent: tuple[str, dict[str, Any]],
) -> None:
    older = release_mappings.Release(rpc=version)
    monkeypatch.setitem(release_mappings.RELEASES, "before", older)
    pin("before")
    monkeypatch.setitem(contract.CALLS, "switch_power", declaration.of(NextCalls.switch_power))
    peer = Peer(version)
    with serving(peer):
        conductor: Any = rpcapi.ConductorAPI().named("peer")
        conductor.switch_power(context.admin_context(), "n", "power on")
    assert peer.heard == [sent]


def test_all_arguments_are_sent_by_their_names(transport: None) -> None:
    peer = Peer(contract.VERSION)
    with serving(peer):
        conductor = rpcapi.ConductorAPI().named("peer")
        conductor.change_node_power_state(context.admin_context(), "n", "power on")
    arguments = {"node_id": "n", "new_state": "power on", "power_timeout": None}
    assert peer.heard == [("change_node_power_state", arguments)]


def test_what_nobody_waits_for_is_sent_and_forgotten(transport: None) -> None:
    peer = Peer(contract.VERSION)
    with serving(peer):
        rpcapi.ConductorAPI().named("peer").take_up(context.admin_context(), "n")
        assert peer.called.wait(10)
    assert peer.heard == [("take_up", {"node_id": "n"})]


def test_a_question_is_put_to_the_next_conductor(
    transport: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = rpcapi.ConductorAPI()
    asked = []

    def silent(*_args: Any) -> None:
        asked.append(1)
        raise rpcapi.NoAnswer(err="")

    monkeypatch.setattr(api, "_call", silent)
    with pytest.raises(rpcapi.NoAnswer):
        api.any().object_class_action_versions(context.admin_context(), "Node", "get", {}, (), {})
    assert len(asked) == rpcapi.QUERY_ATTEMPTS
    asked.clear()
    with pytest.raises(rpcapi.NoAnswer):
        api.any().object_action(context.admin_context(), None, "save", (), {})
    assert len(asked) == 1


def test_the_time_is_the_declared_one_or_the_one_that_is_given(
    transport: None, set_option: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_option("hardware_call_timeout", 123)
    set_option("rpc_response_timeout", 45)
    api = rpcapi.ConductorAPI()
    allowed = []
    monkeypatch.setattr(api, "_call", lambda *args: allowed.append(args[3]))
    api.named("peer").inject_nmi(context.admin_context(), "n")
    api.named("peer").destroy_node(context.admin_context(), "n")
    api.named("peer", timeout=5).destroy_node(context.admin_context(), "n")
    assert allowed == [123, 45, 5]


def test_a_pinned_client_sends_nothing_newer(
    transport: None, pin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = release_mappings.Release(rpc="0.9")
    monkeypatch.setitem(release_mappings.RELEASES, "0.0", older)
    pin("0.0")
    with pytest.raises(oslo_messaging.RPCVersionCapError):
        rpcapi.ConductorAPI().any().destroy_node(context.admin_context(), "n")


def test_an_unknown_release_cannot_be_pinned(transport: None, pin: Any) -> None:
    pin("99")
    with pytest.raises(exception.ConfigInvalid, match="99"):
        rpcapi.ConductorAPI()


def test_without_conductors_a_call_fails_at_once(transport: None) -> None:
    with pytest.raises(exception.ServiceUnavailable):
        rpcapi.ConductorAPI().any().destroy_node(context.admin_context(), "n")


def test_what_is_not_declared_cannot_be_called(transport: None) -> None:
    conductor: Any = rpcapi.ConductorAPI().any()
    with pytest.raises(AttributeError, match="destroy_nodes"):
        conductor.destroy_nodes(context.admin_context(), "n")
    with pytest.raises(TypeError, match="node"):
        conductor.destroy_node(context.admin_context(), node="n")
