# SPDX-License-Identifier: Apache-2.0
"""Errors as ironic-python-agent reports them: a type, an HTTP status, a message and details."""

from typing import Any


class AgentError(Exception):
    """Base of all; its class name is the ``type`` that conductors see."""

    message = "An error occurred"
    code = 500

    def __init__(self, details: str) -> None:
        super().__init__(f"{self.message}: {details}")
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """Return the body of ``command_error``."""
        return {
            "type": type(self).__name__,
            "code": self.code,
            "message": self.message,
            "details": self.details,
        }


class InvalidContentError(AgentError):
    """A request that is refused before anything is done."""

    message = "Invalid request body"
    code = 400


class InvalidCommandError(InvalidContentError):
    message = "Invalid command"


class InvalidCommandParamsError(InvalidContentError):
    message = "Invalid command parameters"


class RequestedObjectNotFoundError(AgentError):
    """There is no such extension or command result."""

    message = "Not found"
    code = 404


class CommandExecutionError(AgentError):
    message = "Command execution failed"


class AgentIsBusy(CommandExecutionError):
    message = "Agent is busy"
    code = 409


class VersionMismatch(AgentError):
    """The hardware managers changed since the steps were listed."""

    message = "Hardware managers version mismatch, reload agent with correct version"
    code = 409


class SoftwareRAIDError(AgentError):
    message = "Software RAID caused unknown error"


class HardwareManagerMethodNotFound(AgentError):
    message = "No HardwareManager found to handle method"


class ImageDownloadError(AgentError):
    message = "Error downloading image"


class ImageDownloadFatalError(ImageDownloadError):
    """An image could not be fetched, and a retry would fail too."""


class ImageChecksumError(AgentError):
    message = "Error verifying image checksum"


class ImageWriteError(AgentError):
    message = "Error writing image to device"


class DeploymentError(AgentError):
    message = "Deploy step failed"
