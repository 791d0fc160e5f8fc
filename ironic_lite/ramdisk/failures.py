# SPDX-License-Identifier: Apache-2.0
"""Why a ramdisk could not be built or read, in the operator's words."""

from ironic_lite.common import exception


class RamdiskError(exception.IronicLiteError):
    """A ramdisk cannot be built, read or found; the message says why and what to do."""
