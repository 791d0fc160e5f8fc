# SPDX-License-Identifier: Apache-2.0
"""Adoption: taking over a server that already runs its operating system."""

from ironic_lite.common.operations import ADOPTION
from ironic_lite.conductor.deployment import image_type
from ironic_lite.conductor.operations import engine
from ironic_lite.conductor.task_manager import TaskManager


def start(task: TaskManager) -> None:
    """Make a manageable node active without touching its server.

    The image and the deploy ramdisk are not checked: adoption writes no image and boots no ramdisk. An instance that
    lives in memory needs its images at each boot, so these are looked up.

    :raises Invalid: when the settings for power, or for an instance that boots from a ramdisk or an ISO image, are
        wrong.
    :raises: what ``node_images.record`` raises about the images of such an instance.
    """
    image_type.record(task.node)
    task.driver.power.validate(task)
    if task.driver.deploy.boots_ramdisk:
        task.driver.deploy.look_up_images(task)
        task.driver.boot.validate_instance_ramdisk(task.node)
    engine.start(task, FLOW, "adopt")


def _prepare(task: TaskManager) -> None:
    driver = task.driver
    task.node.power_state = driver.power.get_power_state(task)
    driver.boot.adopt_instance(task)
    driver.deploy.take_over(task)


FLOW = engine.Flow(
    ADOPTION,
    prepare=_prepare,
)
