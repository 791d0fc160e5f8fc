# SPDX-License-Identifier: Apache-2.0
"""Deployment and rebuild: from an image to an active node."""

from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.common.operations import DEPLOYMENT
from ironic_lite.conductor.deployment import automatic_lessee, deploy_templates, image_type
from ironic_lite.conductor.deployment import configdrive as configdrives
from ironic_lite.conductor.operations import engine, steps
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps as step_specs

Drive = str | dict[str, Any]


def start(
    task: TaskManager, configdrive: Drive | None = None, deploy_steps: list[Step] | None = None
) -> None:
    """Deploy a node.

    :param configdrive: a URL, a gzipped and base64-encoded ISO image, or the data to build one from.
    :param deploy_steps: steps that replace or extend those of the node's interfaces and matching deploy templates.
        Unknown steps are checked against the agent's once the ramdisk is up.
    :raises InstanceDeployFailure: with status 400, when the node's settings, image or steps are wrong.
    :raises ConfigDriveInvalid: when the config drive cannot be used.
    :raises NetworkError: when the config drive needs to know the VIFs of the node, and Neutron does not answer.
    """
    _start(task, "deploy", configdrive, deploy_steps)


def start_rebuild(
    task: TaskManager, configdrive: Drive | None = None, deploy_steps: list[Step] | None = None
) -> None:
    """Deploy a node again; parameters and errors are those of :func:`start`."""
    _start(task, "rebuild", configdrive, deploy_steps)


def _start(
    task: TaskManager, event: str, configdrive: Drive | None, deploy_steps: list[Step] | None
) -> None:
    node = task.node
    try:
        task.driver.power.validate(task)
        task.driver.storage.validate(task)
        task.driver.deploy.look_up_images(task)
        image_type.record(node)
        task.driver.deploy.validate(task)
        task.driver.deploy.expect_steps(task, step_specs.DEPLOY)
        requested = deploy_templates.requested(task, deploy_steps or [])
    except exception.Invalid as exc:
        raise exception.InstanceDeployFailure(
            f"Failed to validate deploy or power info for node {node.uuid}. Error: {exc}",
            code=exc.code,
        ) from exc
    if configdrive is not None:
        node.set_instance_info("configdrive", _ready(task, configdrive))
    automatic_lessee.assign(task)
    engine.start(task, FLOW, event, requested=requested)


def _ready(task: TaskManager, configdrive: Drive) -> str:
    def network_data() -> dict[str, Any]:
        if CONF.conductor.disable_configdrive_check:
            return {}
        return task.driver.network.instance_network_data(task)

    return configdrives.ready(task.node, configdrive, network_data)


def _prepare(task: TaskManager) -> None:
    task.driver.deploy.prepare(task)


def _collect(task: TaskManager) -> list[Step]:
    requested = task.node.driver_internal_info.get(FLOW.requested_key) or []
    found = steps.merged(task, step_specs.DEPLOY, requested)
    if not found:
        raise exception.InstanceDeployFailure(
            reason="there is no deploy step left to run; do not disable the core step deploy.deploy"
        )
    return found


def _finish(task: TaskManager) -> None:
    task.node.forget_agent()
    task.process_event("done")


def _clean_up(task: TaskManager) -> None:
    try:
        if CONF.deploy.power_off_after_deploy_failure:
            task.set_power(states.POWER_OFF)
    finally:
        task.driver.deploy.clean_up(task)
        task.node.forget_agent()


FLOW = engine.Flow(
    DEPLOYMENT,
    prepare=_prepare,
    collect=_collect,
    finish=_finish,
    clean_up=_clean_up,
    title=lambda _task: "deployment",
)
