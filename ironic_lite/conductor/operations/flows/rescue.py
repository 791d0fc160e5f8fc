# SPDX-License-Identifier: Apache-2.0
"""Rescue: a ramdisk to log in to on an active node; and unrescue, which boots the instance again."""

import threading

from oslo_utils import secretutils

from ironic_lite.common import exception, operations, states
from ironic_lite.conductor.operations import engine
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces.rescue import HASHED_PASSWORD, PASSWORD

_FAULT = "rescue abort failure"
_SALTS = {"sha256": "SHA-256", "sha512": "SHA-512"}
_LONGEST_PASSWORD = 255
_LIBCRYPT = threading.Lock()


def start(task: TaskManager, rescue_password: str) -> None:
    """Boot the rescue ramdisk.

    :param rescue_password: the password to log in with; the node keeps its hash until the ramdisk is up.
    :raises UnsupportedDriverExtension: when the node's rescue interface does not support rescue.
    :raises InvalidParameterValue: when the password, or the settings for power or rescue, are wrong.
    """
    _check_password(rescue_password)
    task.driver.power.validate(task)
    task.driver.rescue.validate(task)
    task.driver.network.validate(task)
    task.node.set_instance_info(HASHED_PASSWORD, _hashed(rescue_password))
    if not CONF.conductor.require_rescue_password_hashed:
        task.node.set_instance_info(PASSWORD, rescue_password)
    engine.start(task, RESCUE, "rescue")


def start_unrescue(task: TaskManager) -> None:
    """Boot the instance again.

    :raises InvalidParameterValue: when the settings for power are wrong.
    """
    task.driver.power.validate(task)
    engine.start(task, UNRESCUE, "unrescue")


def _check_password(password: str) -> None:
    if not password.strip():
        raise exception.InvalidParameterValue(err="The rescue password cannot be empty.")
    if len(password) > _LONGEST_PASSWORD or not password.isprintable():
        raise exception.InvalidParameterValue(
            err=f"The rescue password must be at most {_LONGEST_PASSWORD} characters, none of them a control character."
        )


def _hashed(password: str) -> str:
    salt = secretutils.crypt_mksalt(_SALTS[CONF.conductor.rescue_password_hash_algorithm])
    # libcrypt returns its result in one buffer that all threads share.
    with _LIBCRYPT:
        return secretutils.crypt_password(password, salt)


def _rescue(task: TaskManager) -> str | None:
    outcome = task.driver.rescue.rescue(task)
    return outcome if outcome == states.RESCUEWAIT else None


def _unrescue(task: TaskManager) -> None:
    task.driver.rescue.unrescue(task)


def _wind_up(task: TaskManager) -> None:
    task.driver.rescue.finalize(task)


def _finish(task: TaskManager) -> None:
    _forget_password(task)
    task.process_event("done")


def _clean_up(task: TaskManager) -> None:
    _forget_password(task)
    try:
        task.driver.rescue.clean_up(task)
    except exception.WorkCutOff:
        raise
    except Exception as exc:
        if task.node.provision_state == states.RESCUEFAIL:
            # After an abort it is unknown what the server runs, so an operator has to check it.
            task.node.maintenance = True
            task.node.fault = _FAULT
            task.node.maintenance_reason = f"Cleaning up after an aborted rescue has failed: {exc}"
        raise


def _forget_password(task: TaskManager) -> None:
    for key in (HASHED_PASSWORD, PASSWORD):
        task.node.del_instance_info(key)


RESCUE = engine.Flow(
    operations.RESCUE,
    prepare=_rescue,
    wind_up=_wind_up,
    finish=_finish,
    clean_up=_clean_up,
)

UNRESCUE = engine.Flow(operations.END_OF_RESCUE, prepare=_unrescue, finish=_finish)
