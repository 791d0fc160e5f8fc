# SPDX-License-Identifier: Apache-2.0
"""Images in the store of this service: their name, their UUID, or ``store://`` and one of the two.

``source`` resolves them; ``content`` checks the bytes of an image while they arrive; ``layout`` looks at the partition
table in them; ``files`` keeps them in a directory.
"""

from ironic_lite.images.store.source import SCHEME, fits, origin, resolve

__all__ = ["SCHEME", "fits", "origin", "resolve"]
