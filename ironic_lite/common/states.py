# SPDX-License-Identifier: Apache-2.0
"""The names of the provision and power states of a node, as Ironic's API has them.

The operations declare what each provision state means (``common.operations``).
"""

# Stable provision states.
ENROLL = "enroll"
MANAGEABLE = "manageable"
AVAILABLE = "available"
ACTIVE = "active"
ERROR = "error"
RESCUE = "rescue"

# States in which a conductor works on the node, or waits for its agent.
VERIFYING = "verifying"
DEPLOYING = "deploying"
DEPLOYWAIT = "wait call-back"
DEPLOYHOLD = "deploy hold"
DELETING = "deleting"
CLEANING = "cleaning"
CLEANWAIT = "clean wait"
CLEANHOLD = "clean hold"
INSPECTING = "inspecting"
INSPECTWAIT = "inspect wait"
ADOPTING = "adopting"
RESCUING = "rescuing"
RESCUEWAIT = "rescue wait"
UNRESCUING = "unrescuing"
SERVICING = "servicing"
SERVICEWAIT = "service wait"
SERVICEHOLD = "service hold"

# States that a failure leaves a node in.
DEPLOYFAIL = "deploy failed"
CLEANFAIL = "clean failed"
INSPECTFAIL = "inspect failed"
ADOPTFAIL = "adopt failed"
RESCUEFAIL = "rescue failed"
UNRESCUEFAIL = "unrescue failed"
SERVICEFAIL = "service failed"

# Power states, and the targets that only a request has.
POWER_ON = "power on"
POWER_OFF = "power off"
REBOOT = "rebooting"
SOFT_REBOOT = "soft rebooting"
SOFT_POWER_OFF = "soft power off"

POWER_TARGETS = {
    POWER_ON: POWER_ON,
    POWER_OFF: POWER_OFF,
    REBOOT: POWER_ON,
    SOFT_REBOOT: POWER_ON,
    SOFT_POWER_OFF: POWER_OFF,
}
"""Power request -> the power state that it ends in."""

BOOTING = tuple(state for state, target in POWER_TARGETS.items() if target == POWER_ON)
"""Requests that make a server boot."""
