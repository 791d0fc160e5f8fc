# SPDX-License-Identifier: Apache-2.0
"""What the client sends, and to which version."""

import inspect

import oslo_messaging
import pytest

from ironic_lite.common import context, exception, release_mappings, rpc
from ironic_lite.conductor import rpcapi
from ironic_lite.conductor.manager import ConductorManager

NOT_RPC = {
    "conductors_of",
    "get_conductor_for",
    "get_topic_for",
    "get_topic_for_driver",
    "get_random_topic",
    "greet",
}

FOR_OLDER_CLIENTS = {"get_node_with_token"}


@pytest.fixture
def transport(set_option):
    rpc.register_options()
    set_option("transport_url", "inprocess:///rpcapi")
    rpc.init()
    yield
    rpc.cleanup()


def test_every_method_of_the_client_is_offered_by_the_conductor():
    methods = {
        name
        for name, _ in inspect.getmembers(rpcapi.ConductorAPI, inspect.isfunction)
        if not name.startswith("_") and name not in NOT_RPC
    }
    offered = {
        name
        for endpoint in ConductorManager("one", lambda _reason: None).endpoints()
        for name, member in inspect.getmembers(type(endpoint))
        if getattr(member, "exposed", False)
    }
    assert methods == offered - FOR_OLDER_CLIENTS


def test_a_pinned_client_sends_nothing_newer(transport, set_option, monkeypatch):
    older = release_mappings.Release(rpc="0.9", objects={})
    monkeypatch.setitem(release_mappings.RELEASES, "0.0", older)
    set_option("pin_release_version", "0.0")
    with pytest.raises(oslo_messaging.RPCVersionCapError):
        rpcapi.ConductorAPI().destroy_node(
            context.admin_context(), "n", rpcapi.ConductorAPI().get_random_topic()
        )


def test_an_unknown_release_cannot_be_pinned(transport, set_option):
    set_option("pin_release_version", "99")
    with pytest.raises(exception.ConfigInvalid, match="99"):
        rpcapi.ConductorAPI()


def test_without_conductors_a_call_fails_at_once(transport):
    api = rpcapi.ConductorAPI()
    with pytest.raises(exception.ServiceUnavailable):
        api.destroy_node(context.admin_context(), "n", api.get_random_topic())


@pytest.mark.parametrize(
    ("event", "arguments", "method", "sent"),
    [
        (
            "rebuild",
            {"configdrive": "x"},
            "do_node_deploy",
            {"rebuild": True, "configdrive": "x"},
        ),
        ("clean", {"clean_steps": [1]}, "do_node_clean", {"clean_steps": [1]}),
        ("delete", {}, "do_node_tear_down", {}),
        ("manage", {}, "do_provisioning_action", {"action": "manage"}),
    ],
)
def test_conductors_of_the_release_before_get_the_calls_that_they_know(
    transport, set_option, monkeypatch, event, arguments, method, sent
):
    set_option("pin_release_version", "0.3")
    calls = []
    monkeypatch.setattr(
        rpcapi.ConductorAPI,
        "_call",
        lambda self, context, topic, name, **given: calls.append((name, given)),
    )
    rpcapi.ConductorAPI().provision(context.admin_context(), "n", event, arguments, "topic")
    assert calls == [(method, {"node_id": "n", **sent})]
