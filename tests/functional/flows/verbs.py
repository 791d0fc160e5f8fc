# SPDX-License-Identifier: Apache-2.0
"""The verbs of PUT states/provision, as functions that begin them."""

from typing import Any

from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.task_manager import TaskManager

Steps = list[dict[str, Any]]


def act(task: TaskManager, event: str, **arguments: Any) -> None:
    flows.start(task, event, arguments)


def deploy(task: TaskManager, **arguments: Any) -> None:
    act(task, "deploy", **arguments)


def rebuild(task: TaskManager, **arguments: Any) -> None:
    act(task, "rebuild", **arguments)


def delete(task: TaskManager) -> None:
    act(task, "delete")


def clean(task: TaskManager, clean_steps: Steps, disable_ramdisk: bool = False) -> None:
    act(task, "clean", clean_steps=clean_steps, disable_ramdisk=disable_ramdisk)


def service(task: TaskManager, service_steps: Steps, disable_ramdisk: bool = False) -> None:
    act(task, "service", service_steps=service_steps, disable_ramdisk=disable_ramdisk)


def inspect(task: TaskManager) -> None:
    act(task, "inspect")


def rescue(task: TaskManager, rescue_password: str) -> None:
    act(task, "rescue", rescue_password=rescue_password)


def unrescue(task: TaskManager) -> None:
    act(task, "unrescue")
