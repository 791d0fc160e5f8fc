# SPDX-License-Identifier: Apache-2.0
"""Translate errors of drivers from other packages for clients.

Errors cross RPC by class name, and only classes of ``common.exception`` do. An error class of another package becomes
its base class in ``common.exception``, with its message and status. Other errors of a driver package become a
``DriverFailure``. Unexpected errors of this service's own code are faults: their text appears only in the log.
"""

import types

from ironic_lite.common import exception, redaction
from ironic_lite.conductor.cluster import identity

LONGEST = 2000
"""Longest text of a foreign error, in characters."""


def for_client(error: Exception) -> Exception:
    """Return the error to send to the client; the same object unless a driver package raised it."""
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
    translated: exception.IronicLiteError = kind(error.message, code=error.code)
    return translated


def _driver_package(error: Exception) -> str | None:
    """Return the driver package of another distribution whose code raised the error; None if there is none."""
    packages = identity.current().drivers.packages
    found = None
    traceback: types.TracebackType | None = error.__traceback__
    while traceback is not None:
        package = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if package in packages:
            found = package
        traceback = traceback.tb_next
    return found
