# SPDX-License-Identifier: Apache-2.0
"""The sender of notifications and a RabbitMQ that is there, and refuses."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ironic_lite.common import rpc
from ironic_lite.conductor.notifications.outbox_sender import Sender
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration, outbox
from tests.functional.notifications import Listener
from tests.functional.servers.rabbitmq import RabbitMQ
from tests.waiting import wait_for

LIMIT = 100_000


@pytest.fixture
def an_outbox(sqlite_url: str, tmp_path: Path) -> Iterator[None]:
    """An empty outbox, in a process whose queues are durable, as the listener's are."""
    file = tmp_path / "ironic-lite.conf"
    file.write_text("[oslo_messaging_rabbit]\namqp_durable_queues = True\n")
    CONF([], project="ironic-lite", default_config_files=[str(file)])
    CONF.set_override("connection", sqlite_url, group="database")
    engine.dispose()
    migration.upgrade()
    yield
    engine.dispose()
    CONF.clear_override("connection", group="database")
    CONF([], project="ironic-lite", default_config_files=[])


@pytest.fixture
def start_sender(an_outbox: None) -> Iterator[Callable[[str], None]]:
    """``start_sender(url)``: a sender to this broker, until the end of the test."""
    senders = []

    def start(url: str) -> None:
        rpc.register_options()
        CONF.set_override("transport_url", url)
        senders.append(Sender("one"))
        senders[-1].start()

    yield start
    for sender in senders:
        sender.stop()
    CONF.clear_override("transport_url")


def note(key: str, size: int = 10, priority: str = "INFO") -> str:
    """A notification about the record ``key``; returns its id."""
    message_id = str(uuid.uuid4())
    payload = {"ironic_object.data": {"uuid": key, "extra": "x" * size}}
    message = {
        "message_id": message_id,
        "publisher_id": "ironic-conductor.one",
        "event_type": "baremetal.node.update.end",
        "priority": priority,
        "timestamp": "2026-11-28 00:00:00",
        "payload": payload,
    }
    outbox.store(key, message_id, {"context": {}, "message": message})
    return message_id


def arrived(listener: Listener, *ids: str) -> bool:
    return set(ids) <= {m["message_id"] for m in listener.received()}


def elsewhere(key: str) -> str:
    """A key whose lane is another one."""
    return next(k for k in map(str, range(1000)) if outbox.lane_of(k) != outbox.lane_of(key))


def test_permission_taken_away_and_given_back(
    start_sender: Callable[[str], None], breakable_rabbitmq_server: RabbitMQ
) -> None:
    broker = breakable_rabbitmq_server
    url = broker.create_vhost()
    vhost = url.rpartition("/")[2]
    listener = Listener(url)
    start_sender(url)
    key = str(uuid.uuid4())
    first = note(key)
    wait_for(lambda: arrived(listener, first), "the first notification", interval=0.2)

    broker.permit(vhost, "^$")
    broker.close_connections()
    held = [note(key), note(elsewhere(key))]
    wait_for(
        lambda: f"in vhost '{vhost}' refused for user 'guest'" in broker.process.log_tail(200),
        "the broker to refuse",
        describe=lambda: broker.process.log_tail(20),
    )
    broker.permit(vhost)
    wait_for(lambda: arrived(listener, *held), "what was held back", interval=0.2)


def test_a_message_that_is_too_large_holds_nobody_back_for_long(
    start_sender: Callable[[str], None],
    breakable_rabbitmq_server: RabbitMQ,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = breakable_rabbitmq_server
    url = broker.create_vhost()
    listener = Listener(url)
    key = str(uuid.uuid4())
    other = elsewhere(key)
    with broker.largest_message(LIMIT):
        too_large = note(key, size=2 * LIMIT)
        behind = [note(key), note(key)]
        start_sender(url)

        def goes_on() -> bool:
            # Meanwhile the other lanes go on, which tells that it is the message and not the broker.
            beside = note(other)
            wait_for(
                lambda: arrived(listener, beside), "a notification of another lane", interval=0.2
            )
            return arrived(listener, *behind)

        wait_for(goes_on, "those behind it", interval=0.2)
    ids = [m["message_id"] for m in listener.about(key)]
    assert ids == behind
    lost = [r.getMessage() for r in caplog.records if "A notification is dropped" in r.getMessage()]
    assert len(lost) == 1
    assert key in lost[0]
    assert too_large in lost[0]
    assert "baremetal.node.update.end" in lost[0]
    assert "xxx" not in lost[0]
