# SPDX-License-Identifier: Apache-2.0
"""What clients get to know of an error that comes from a driver of another package.

Errors cross RPC by class name, and only those of ``common.exception`` do. A class of another package becomes the class
of ours that it derives from, with its message and status. Other errors of a driver package become a ``DriverFailure``;
those of this service's own code stay what they are: a fault, whose text is for the log alone.
"""

import types

from ironic_lite.common import exception, redaction
from ironic_lite.conductor import identity

LONGEST = 2000
"""Characters of a text that nobody here has written."""


def for_client(error: Exception) -> Exception:
    """Return the error to send to the client; the same one where that is no driver's."""
    if isinstance(error, exception.IronicLiteError):
        return error if _is_ours(type(error)) else _as_ours(error)
    package = _driver_package(error)
    if package is None:
        return error
    text = redaction.mask_text(str(error)[:LONGEST])
    return exception.DriverFailure(package=package, error=f"{type(error).__name__}: {text}")


def _is_ours(kind: type) -> bool:
    return kind.__module__ == exception.__name__


def _as_ours(error: exception.IronicLiteError) -> exception.IronicLiteError:
    kind = next(each for each in type(error).__mro__ if _is_ours(each))
    told: exception.IronicLiteError = kind(error.message, code=error.code)
    return told


def _driver_package(error: Exception) -> str | None:
    """The package of another distribution whose code, called by this service as a driver, raised the error."""
    packages = identity.current().drivers.packages
    found = None
    traceback: types.TracebackType | None = error.__traceback__
    while traceback is not None:
        package = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in packages:
            found = package
        traceback = traceback.tb_next
    return found
