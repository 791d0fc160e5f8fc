# SPDX-License-Identifier: Apache-2.0
"""One suite for both transports: RabbitMQ and messaging inside one process behave the same."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import oslo_messaging
import pytest

from ironic_lite.common import context, exception, inprocess, rpc
from ironic_lite.conf import CONF
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed


class Endpoint:
    """Returns its arguments, and records them."""

    def __init__(self, name: str):
        self.name = name
        self.heard: list[Any] = []
        self.gate = threading.Event()

    @oslo_messaging.expose
    def echo(self, ctxt: context.RequestContext, value: Any) -> dict[str, Any]:
        self.heard.append(value)
        return {"by": self.name, "value": value, "request_id": ctxt.request_id}

    @oslo_messaging.expose
    @oslo_messaging.expected_exceptions(exception.IronicLiteError)
    def refuse(self, ctxt: context.RequestContext) -> None:
        raise exception.NodeLocked(node="n1", host=self.name)

    @oslo_messaging.expose
    def stall(self, ctxt: context.RequestContext) -> None:
        self.gate.wait(PATIENCE)

    def hidden(self, ctxt: context.RequestContext) -> None:
        self.heard.append("hidden")


class Rig:
    """Servers and clients on one transport."""

    def __init__(self, url: str):
        rpc.cleanup()
        CONF([], project="test", default_config_files=[])
        rpc.register_options()
        CONF.set_override("transport_url", url)
        self.topic = f"topic-{uuid.uuid4().hex}"
        self.context = context.admin_context()
        self.servers: list[Any] = []
        rpc.init()

    def serve(self, name: str) -> Endpoint:
        endpoint = Endpoint(name)
        target = oslo_messaging.Target(topic=self.topic, server=name, version="1.0")
        server = rpc.get_server(target, [endpoint])
        server.start()
        self.servers.append(server)
        return endpoint

    def client(self, **prepared: Any) -> Any:
        target = oslo_messaging.Target(topic=self.topic, version="1.0")
        return rpc.get_client(target).prepare(**{"timeout": PATIENCE, **prepared})

    def close(self) -> None:
        for server in self.servers:
            server.stop()
            server.wait()
        rpc.cleanup()
        CONF.clear_override("transport_url")


@pytest.fixture(params=["inprocess", "rabbit"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "inprocess":
        url = f"inprocess:///{uuid.uuid4().hex}"
    else:
        url = request.getfixturevalue("rabbitmq_url")
    built = Rig(url)
    yield built
    built.close()


def test_a_call_carries_arguments_context_and_reply(rig: Rig) -> None:
    rig.serve("a")
    answer = rig.client().call(rig.context, "echo", value={"deep": [1, None, "ü"]})
    assert answer == {
        "by": "a",
        "value": {"deep": [1, None, "ü"]},
        "request_id": rig.context.request_id,
    }


def test_values_are_what_json_makes_of_them(rig: Rig) -> None:
    rig.serve("a")
    assert rig.client().call(rig.context, "echo", value={1: (2, 3)})["value"] == {"1": [2, 3]}


def test_a_change_after_sending_does_not_reach_the_server(rig: Rig) -> None:
    endpoint = rig.serve("a")
    value = {"x": 1}
    answer = rig.client().call(rig.context, "echo", value=value)
    endpoint.heard[0]["x"] = 2
    assert value == answer["value"] == {"x": 1}


def test_an_error_arrives_with_its_class_and_message(rig: Rig) -> None:
    rig.serve("a")
    with pytest.raises(exception.NodeLocked) as caught:
        rig.client().call(rig.context, "refuse")
    assert caught.value.code == 409
    assert caught.value.message.startswith("Node n1 is locked by host a")
    assert "Traceback" not in caught.value.message


def test_an_unknown_or_unexposed_method_is_refused(rig: Rig) -> None:
    endpoint = rig.serve("a")
    for method in ("hidden", "absent"):
        with pytest.raises(oslo_messaging.RemoteError):
            rig.client().call(rig.context, method)
    assert endpoint.heard == []


def test_no_reply_in_time(rig: Rig) -> None:
    endpoint = rig.serve("a")
    with pytest.raises(oslo_messaging.MessagingTimeout):
        rig.client(timeout=0.2).call(rig.context, "stall")
    endpoint.gate.set()


def test_calls_to_a_server_reach_that_server(rig: Rig) -> None:
    rig.serve("a")
    rig.serve("b")
    client = rig.client(server="b")
    assert {client.call(rig.context, "echo", value=n)["by"] for n in range(6)} == {"b"}


def test_calls_to_a_topic_take_turns(rig: Rig) -> None:
    rig.serve("a")
    rig.serve("b")
    client = rig.client()
    assert {client.call(rig.context, "echo", value=n)["by"] for n in range(6)} == {"a", "b"}


def test_a_cast_returns_at_once_and_arrives_once(rig: Rig) -> None:
    endpoints = [rig.serve("a"), rig.serve("b")]
    rig.client().cast(rig.context, "echo", value="once")
    wait_for(lambda: any(one.heard for one in endpoints), "the cast")
    assert sum(len(one.heard) for one in endpoints) == 1


def test_a_fanout_reaches_everybody(rig: Rig) -> None:
    endpoints = [rig.serve("a"), rig.serve("b")]
    rig.client(fanout=True).cast(rig.context, "echo", value="all")
    wait_for(lambda: all(one.heard for one in endpoints), "the fanout")


def test_many_callers_at_once(rig: Rig) -> None:
    rig.serve("a")
    client = rig.client()
    answers: list[int] = []

    def ask(first: int) -> None:
        for n in range(first, first + 10):
            answers.append(client.call(rig.context, "echo", value=n)["value"])

    threads = [threading.Thread(target=ask, args=(n * 10,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answers) == list(range(80))


def test_a_stopped_server_takes_nothing_new(rig: Rig) -> None:
    first, second = rig.serve("a"), rig.serve("b")
    rig.servers[0].stop()
    rig.servers[0].wait()
    rig.servers.pop(0)
    client = rig.client()
    assert {client.call(rig.context, "echo", value=n)["by"] for n in range(4)} == {"b"}
    assert not first.heard
    assert len(second.heard) == 4


def test_an_absent_server_fails_the_call(rig: Rig) -> None:
    rig.serve("a")
    with pytest.raises((oslo_messaging.MessageDeliveryFailure, oslo_messaging.MessagingTimeout)):
        rig.client(server="gone", timeout=1).call(rig.context, "echo", value=1)


def test_notifications_reach_a_listener(rig: Rig) -> None:
    url = CONF.transport_url
    transport = oslo_messaging.get_notification_transport(CONF, url=url)
    heard: list[tuple[str, Any]] = []

    class Listener:
        def info(self, ctxt: Any, publisher: str, event: str, payload: Any, meta: Any) -> None:
            heard.append((event, payload))

    server = oslo_messaging.get_notification_listener(
        transport, [oslo_messaging.Target(topic=rig.topic)], [Listener()]
    )
    server.start()
    notifier = oslo_messaging.Notifier(transport, "tests", driver="messagingv2", topics=[rig.topic])
    notifier.info({}, "node.created", {"n": 1})
    wait_for(lambda: heard, "the notification")
    server.stop()
    server.wait()
    assert heard == [("node.created", {"n": 1})]


def test_in_process_failures_are_immediate() -> None:
    rig = Rig(f"inprocess:///{uuid.uuid4().hex}")
    try:
        for client in (rig.client(timeout=60), rig.client(timeout=60, server="gone")):
            with pytest.raises(oslo_messaging.MessageDeliveryFailure, match="Nobody listens"):
                client.call(rig.context, "echo", value=1)
            with pytest.raises(oslo_messaging.MessageDeliveryFailure):
                client.cast(rig.context, "echo", value=1)
    finally:
        rig.close()


def test_an_unknown_transport_names_the_known_ones() -> None:
    try:
        with pytest.raises(exception.ConfigInvalid, match="rabbit:// or inprocess://"):
            Rig("carrier-pigeon://")
    finally:
        CONF.clear_override("transport_url")


def test_a_full_backlog_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inprocess, "BACKLOG", 3)
    CONF([], project="test", default_config_files=[])
    CONF.set_override("executor_thread_pool_size", 1)
    rig = Rig(f"inprocess:///{uuid.uuid4().hex}")
    try:
        endpoint = rig.serve("a")
        client = rig.client()
        client.cast(rig.context, "stall")
        wait_for(lambda: rig.servers[0].listener._waiting == 0, "the only thread to be taken")
        for n in range(3):
            client.cast(rig.context, "echo", value=n)
        with pytest.raises(oslo_messaging.MessageDeliveryFailure, match="3 messages wait"):
            client.cast(rig.context, "echo", value=3)
        endpoint.gate.set()
        wait_for(lambda: endpoint.heard == [0, 1, 2], "the backlog to be worked off")
        client.cast(rig.context, "echo", value=4)
        wait_for(lambda: endpoint.heard[-1] == 4, "room again")
    finally:
        rig.close()
        CONF.clear_override("executor_thread_pool_size")
