# SPDX-License-Identifier: Apache-2.0
"""What may go wrong with an image that a server downloads."""


class NotThere(Exception):
    """The source does not have the image any more."""
