# SPDX-License-Identifier: Apache-2.0
"""The worker pool refuses work instead of queueing it, and reserves workers for clients."""

import threading

import pytest

from ironic_lite.common import exception
from ironic_lite.conductor.cluster.workers import Workers, background
from tests.waiting import PATIENCE

pytestmark = pytest.mark.timed


@pytest.fixture
def pool():
    made = Workers(size=4, reserved_percentage=25)
    yield made
    made.shutdown()


def test_work_runs_and_frees_its_slot(pool):
    ran = threading.Event()
    pool.spawn(ran.set)
    assert ran.wait(PATIENCE)
    assert pool.drain(10)
    assert pool.busy == 0


def test_a_full_pool_refuses(pool):
    slots = [pool.claim() for _ in range(4)]
    with pytest.raises(exception.NoFreeConductorWorker):
        pool.claim()
    slots[0].give_back()
    pool.claim()


def test_background_work_leaves_the_reserved_share(pool):
    with background():
        for _ in range(3):
            pool.claim()
        with pytest.raises(exception.NoFreeConductorWorker):
            pool.claim()
    pool.claim()


def test_failing_work_frees_its_slot(pool):
    def fail():
        raise ValueError("no")

    pool.spawn(fail)
    assert pool.drain(10)


def test_a_closed_pool_refuses(pool):
    pool.close()
    with pytest.raises(exception.ServiceUnavailable):
        pool.claim()


def test_draining_gives_up_in_time(pool):
    go_on = threading.Event()
    pool.spawn(go_on.wait, 10)
    assert not pool.drain(0.05)
    go_on.set()
    assert pool.drain(10)
