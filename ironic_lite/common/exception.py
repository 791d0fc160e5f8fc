# SPDX-License-Identifier: Apache-2.0
"""All errors that a client or an operator may see.

A class has the HTTP status of the API's answer (``code``) and a message template for keyword arguments. The names and
codes are Ironic's, because clients match on both. Messages say what was wrong and, if that is not obvious, what to do;
they never hold a secret.

RPC transports errors by class name, so all of them are in this module.
"""

from typing import Any


class IronicLiteError(Exception):
    """Base of all errors; the status is 500 unless a class sets another."""

    code = 500
    template = "An unknown error occurred."

    def __init__(self, message: str | None = None, **kwargs: Any):
        self.kwargs = kwargs
        if "code" in kwargs:
            self.code = kwargs["code"]
        super().__init__(message if message is not None else self.template % kwargs)

    @property
    def message(self) -> str:
        """The message for clients.

        ``str(self)`` of an error from an RPC has the remote traceback as well.
        """
        return str(self.args[0])


class Invalid(IronicLiteError):
    code = 400
    template = "Unacceptable parameters."


class InvalidParameterValue(Invalid):
    template = "%(err)s"


class MissingParameterValue(InvalidParameterValue):
    template = "%(err)s"


class InvalidState(Invalid):
    code = 409
    template = "Invalid resource state."


class InvalidStateRequested(Invalid):
    template = (
        'The requested action "%(action)s" can not be performed on node "%(node)s" '
        'while it is in state "%(state)s".'
    )


class PatchError(Invalid):
    template = "Couldn't apply patch '%(patch)s'. Reason: %(reason)s"


class HTTPForbidden(IronicLiteError):
    code = 403
    template = "Access was denied to the following resource: %(resource)s"


class SystemScopeNeeded(HTTPForbidden):
    template = (
        "Access was denied to the following resource: %(resource)s. It requires credentials with system scope "
        "(--os-system-scope all, or system_scope in the roles file); your credentials have the scope of project "
        "%(project)s."
    )


class NotAcceptable(IronicLiteError):
    code = 406
    template = "Request not acceptable."


class Conflict(IronicLiteError):
    code = 409
    template = "Conflict."


class TemporaryFailure(IronicLiteError):
    """A retry may succeed; the API adds ``Retry-After`` (``retry_after`` in seconds)."""

    code = 503
    template = "Resource temporarily unavailable, please retry."
    retry_after = 1


class NoFreeConductorWorker(TemporaryFailure):
    template = (
        "Requested action cannot be performed due to lack of free conductor workers; retry later."
    )


class ConcurrentActionLimit(TemporaryFailure):
    template = (
        "Unable to process request at this time. The concurrent action limit for %(action)s has been reached "
        "(%(option)s = %(most)s). Try again later, or ask your administrator to raise it."
    )
    retry_after = 10


class ServiceUnavailable(TemporaryFailure):
    template = "%(err)s"


class NoValidHost(TemporaryFailure):
    """No live conductor serves the node's driver and group. Ironic answers 400; with 503 clients can retry."""

    code = 400
    template = "No valid conductor was found: %(reason)s"


class NotFound(IronicLiteError):
    code = 404
    template = "Resource could not be found."


class NodeNotFound(NotFound):
    template = "Node %(node)s could not be found."


class PortNotFound(NotFound):
    template = "Port %(port)s could not be found."


class ChassisNotFound(NotFound):
    template = "Chassis %(chassis)s could not be found."


class PortgroupNotFound(NotFound):
    template = "Portgroup %(portgroup)s could not be found."


class AllocationNotFound(NotFound):
    template = "Allocation %(allocation)s could not be found."


class RunbookNotFound(NotFound):
    template = "Runbook %(runbook)s could not be found."


class RunbookTraitNotFound(NotFound):
    template = "Runbook %(runbook_id)s doesn't have a trait '%(trait)s'"


class NodeTraitNotFound(NotFound):
    template = "Node %(node_id)s doesn't have a trait '%(trait)s'"


class BIOSSettingNotFound(NotFound):
    template = "Node %(node)s doesn't have a BIOS setting '%(name)s'"


class FirmwareComponentNotFound(NotFound):
    template = "Node %(node)s doesn't have Firmware component %(name)s"


class NodeLogsNotFound(NotFound):
    template = "The logs %(name)s are not there, or not any more: see [agent] deploy_logs_max_age and its like."


class NodeHistoryNotFound(NotFound):
    template = "Node history record %(history)s could not be found."


class NodeInventoryNotFound(NotFound):
    template = "Node inventory record for node %(node)s could not be found."


class ConductorNotFound(NotFound):
    template = "Conductor %(conductor)s could not be found."


class DriverNotFound(NotFound):
    template = (
        "Could not find the following driver(s) or hardware type(s): %(driver_name)s. "
        "Is it in enabled_hardware_types of a running conductor?"
    )


class DriverNotFoundInEntrypoint(DriverNotFound):
    template = "Could not find the following items in the '%(entrypoint)s' entrypoint: %(names)s."


class DriverLoadError(IronicLiteError):
    template = "Hardware type or interface %(driver)s could not be loaded. Reason: %(reason)s."


class DriverFailure(IronicLiteError):
    """A driver of another package has raised an error that is none of these."""

    template = "The driver package %(package)s has failed: %(error)s"


class SecretUnreadable(Conflict):
    template = (
        "%(where)s cannot be decrypted: it was changed or moved in the database, or its data key is gone. "
        "Set a new value, or remove it."
    )


class EncryptionKeyMissing(IronicLiteError):
    """The wrapping key is missing or wrong. The message says which key, and what to do."""

    template = "%(problem)s"


class KeyServiceUnavailable(TemporaryFailure):
    """Vault, which has the wrapping key, does not answer or refuses the request."""

    template = "%(problem)s"


class ConfigInvalid(IronicLiteError):
    """The message has a line for each problem."""

    template = "%(error_msg)s"


class InterfaceNotFoundInEntrypoint(InvalidParameterValue):
    template = (
        "Could not find the following interface in the '%(entrypoint)s' entrypoint: %(iface)s. "
        "Valid interfaces are %(valid)s."
    )


class IncompatibleInterface(InvalidParameterValue):
    template = (
        "%(interface_type)s interface implementation '%(interface_impl)s' is not supported by "
        "hardware type %(hardware_type)s."
    )


class NoValidDefaultForInterface(InvalidParameterValue):
    template = (
        "No default value found for %(interface_type)s interface of hardware type %(driver)s; "
        "set it on the node or enable one in the configuration."
    )


class UnsupportedDriverExtension(Invalid):
    template = "Driver %(driver)s does not support %(extension)s (disabled or not implemented)."


class AlreadyExists(Conflict):
    """Another record has the UUID, name, address or other value that must be unique."""

    template = "%(kind)s with %(value)s already exists."


class NotEmpty(Invalid):
    """The record contains others, so it cannot be deleted."""

    template = "%(kind)s %(ident)s contains %(content)s; move or delete them first."


class StorageError(IronicLiteError):
    """Attaching or detaching volumes has failed."""

    template = "Storage operation failure."


class AllocationFailed(IronicLiteError):
    template = "Failed to process allocation %(uuid)s: %(error)s."


class InstanceAssociated(Conflict):
    template = (
        "Instance %(instance_uuid)s is already associated with a node, it cannot be "
        "associated with this other node %(node)s."
    )


class NodeAssociated(InvalidState):
    template = "Node %(node)s is associated with instance %(instance)s."


class PreconditionFailed(IronicLiteError):
    code = 412
    template = (
        "%(what)s has changed since the revision in If-Match. Read it again, then repeat the request if it still "
        "applies."
    )


class ConcurrentUpdate(Conflict):
    """A field has changed since the change was computed; the API reads the record again and retries."""

    template = "%(what)s was changed by another request in the meantime: %(fields)s."


class NodeLocked(Conflict):
    template = "Node %(node)s is locked by host %(host)s, please retry after the current operation is completed."


class NodeLeftOff(Conflict):
    template = (
        "Node %(node)s still needs cleaning up after its last operation, whose conductor is gone. Another conductor "
        "will do that soon; please retry then."
    )


class NodeNotLocked(Invalid):
    template = "Node %(node)s found not to be locked on release."


class WorkCutOff(IronicLiteError):
    """The work on a node must stop here, through no fault of the node; its owner resumes it from the record."""


class NodeLockLost(Conflict, WorkCutOff):
    """The write was refused, because another task has taken the lock meanwhile."""

    template = (
        "The lock on node %(node)s is no longer held by this task; nothing was written. "
        "Another conductor has taken the node over."
    )


class NodeInMaintenance(Invalid):
    template = (
        "The %(op)s operation can't be performed on node %(node)s because it's in maintenance mode."
    )


class NodeConsoleNotEnabled(Invalid):
    template = "Console access is not enabled on node %(node)s."


class ConsoleError(IronicLiteError):
    template = "The console cannot be opened: %(reason)s."


class NodeProtected(HTTPForbidden):
    template = "Node %(node)s is protected and cannot be undeployed, rebuilt or deleted."


class ConductorAlreadyRegistered(IronicLiteError):
    template = (
        "A conductor named %(conductor)s is already alive. Give each conductor its own [DEFAULT] host, "
        "or stop the other one first."
    )


class ConductorSuperseded(IronicLiteError):
    """A newer process has registered with the same name; the caller must stop."""

    template = (
        "Conductor %(conductor)s was replaced by a newer process of that name; this one must stop."
    )


class PowerStateFailure(InvalidState):
    template = "Failed to set node power state to %(pstate)s."


class InstanceDeployFailure(IronicLiteError):
    template = "Failed to deploy instance: %(reason)s"


class ImageRefValidationFailed(Invalid):
    template = "Validation of image href %(image_href)s failed, reason: %(reason)s"


class ImageHolderGone(TemporaryFailure):
    template = (
        "Image %(image)s cannot be read now: %(hosts)s. Start 'ironic-lite api' (or up) there again, or remove the "
        "image and add it again."
    )


class InvalidImageRef(InvalidParameterValue):
    template = "Invalid image href %(image_href)s."


class ImageNotFound(NotFound):
    template = "Image %(image_id)s could not be found."


class ImageUnacceptable(Invalid):
    """Ironic answers 500; the image that the client named is what is wrong."""

    template = "Image %(image_id)s is unacceptable: %(reason)s"


class GlanceConnectionFailed(TemporaryFailure):
    """Ironic answers 500; with 503 clients can retry."""

    template = "Connection to glance endpoint %(endpoint)s failed: %(reason)s"
    retry_after = 10


class ConfigDriveInvalid(Invalid):
    template = "The config drive is not usable: %(reason)s"


class NetworkError(IronicLiteError):
    """Neutron does not answer, refuses a request, or did not do what it accepted."""

    template = "Network operation failure: %(reason)s"


class VifAlreadyAttached(Conflict):
    template = "Unable to attach VIF because VIF %(vif)s is already attached to %(object_type)s %(object_uuid)s"


class VifInvalidForAttach(Conflict):
    template = "Unable to attach VIF %(vif)s to node %(node)s. Reason: %(reason)s"


class VifNotAttached(Invalid):
    template = "Unable to detach VIF %(vif)s from node %(node)s because it is not attached to it."


class NoFreePhysicalPorts(Invalid):
    template = "Unable to attach VIF %(vif)s, not enough free physical ports. %(reason)s"


class FailedToUpdateDHCPOptOnPort(IronicLiteError):
    template = "Failed to set DHCP BOOT options for any port on node %(node)s. %(reason)s"


class IPMIFailure(IronicLiteError):
    template = "IPMI call failed: %(cmd)s."


class IPMIUnreachable(IPMIFailure):
    template = "BMC %(endpoint)s cannot be reached: %(reason)s"

    @property
    def unsettled(self) -> bool:
        """Tell whether the BMC may have executed the request."""
        return bool(self.kwargs.get("unsettled"))


class IPMIAuthenticationFailure(IPMIFailure):
    template = "BMC %(endpoint)s refused the login: %(reason)s"


class IPMICommandRefused(IPMIFailure):
    """The BMC answered with a completion code (``completion``, IPMI 2.0 table 5-2) other than success."""

    template = "BMC %(endpoint)s refused IPMI command %(cmd)s: %(reason)s (code 0x%(completion)02x).%(tries)s"

    def __init__(self, message: str | None = None, **kwargs: Any):
        super().__init__(message, **{"tries": "", **kwargs})

    @property
    def completion(self) -> int:
        """The completion code; 0 when it is unknown."""
        return int(self.kwargs.get("completion", 0))


class AgentConnectionFailed(IronicLiteError):
    template = "Connection to agent failed: %(reason)s"


class AgentAPIError(IronicLiteError):
    template = (
        "Agent API for node %(node)s returned HTTP status code %(status)s with error: %(error)s"
    )


class AgentInProgress(IronicLiteError):
    template = "Node %(node)s command '%(command)s' failed. Agent is presently executing a command. Error %(error)s"


class HeartbeatRefused(NotFound):
    template = (
        "No node with the UUID %(node)s has an agent with this token. An agent gets its token at lookup, once per "
        "boot."
    )


class InvalidAgentToken(Invalid):
    """The status is 400, as in Ironic, because the agent has nothing else to authenticate with."""

    template = "The agent token is missing or does not belong to node %(node)s."


class DatabaseError(IronicLiteError):
    template = "The database could not carry out the operation: %(reason)s"


class DatabaseUnavailable(DatabaseError, TemporaryFailure, WorkCutOff):
    """The database cannot be reached, or was too busy for all retries; a retry may succeed."""

    retry_after = 5


class AgentLost(IronicLiteError):
    """The agent that a flow waits for is gone, and with it the command that it ran."""

    template = "%(reason)s"


class VersionIncompatible(IronicLiteError):
    template = "%(what)s needs release %(needed)s, but this service runs %(running)s."


class NotInPinnedRelease(Invalid):
    """A message to an older release, which still runs during an upgrade, cannot carry this value."""

    template = (
        "%(what)s is newer than release %(release)s, which this service still works with during its upgrade "
        "([DEFAULT] pin_release_version). Try again when the upgrade is complete."
    )


class HardwareInspectionFailure(IronicLiteError):
    template = "Failed to inspect hardware. Reason: %(error)s"


class InstanceRescueFailure(IronicLiteError):
    template = "Failed to rescue instance %(instance)s for node %(node)s: %(reason)s"
