# SPDX-License-Identifier: Apache-2.0
"""Images in OCI registries: ``oci://HOST[:PORT]/NAME[:TAG][@DIGEST]``.

An image is a manifest with one layer, the file, as ``oras push`` makes it. A reference may also lead to an index of
such manifests, of which :mod:`selection` chooses one for the node. :mod:`registry` asks the registry.
"""

from ironic_lite.images.oci.source import fits, origin, resolve

__all__ = ["fits", "origin", "resolve"]
