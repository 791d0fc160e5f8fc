# SPDX-License-Identifier: Apache-2.0
"""Tear-down: removing an instance from its server, followed by automated cleaning."""

from ironic_lite.common import exception
from ironic_lite.common.operations import UNDEPLOYMENT
from ironic_lite.conductor.allocation import allocations
from ironic_lite.conductor.deployment import automatic_lessee, image_type
from ironic_lite.conductor.hardware import console
from ironic_lite.conductor.operations import engine
from ironic_lite.conductor.operations.flows import clean
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers import node_images


def start(task: TaskManager) -> None:
    """Tear a node down: power it off, remove the instance, clean it, make it available.

    :raises InstanceDeployFailure: with status 400, when the settings for power are wrong.
    """
    try:
        task.driver.power.validate(task)
    except exception.Invalid as exc:
        raise exception.InstanceDeployFailure(
            f"Failed to validate the power interface of node {task.node.uuid}; its instance can "
            f"not be deleted. Error: {exc}",
            code=exc.code,
        ) from exc
    engine.start(task, FLOW, "delete")


def _prepare(task: TaskManager) -> None:
    console.close(task)
    # The node may be in rescue.
    task.driver.rescue.clean_up(task)
    task.driver.deploy.clean_up(task)
    task.driver.deploy.tear_down(task)
    task.driver.network.release(task)
    task.driver.storage.release(task)


def _finish(task: TaskManager) -> None:
    node = task.node
    allocations.release(task.context, node)
    automatic_lessee.release(node)
    node.instance_info = {}
    node.instance_uuid = None
    node.instance_name = None
    image_type.forget(node)
    node_images.forget(node)
    node.deploy_step = {}
    for key in ("deploy_steps", "deploy_step_index", "user_deploy_steps"):
        node.del_driver_internal_info(key)
    node.forget_agent()
    clean.follow_tear_down(task)


FLOW = engine.Flow(
    UNDEPLOYMENT,
    prepare=_prepare,
    finish=_finish,
    goal=clean.destination,
)
