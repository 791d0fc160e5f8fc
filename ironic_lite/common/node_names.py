# SPDX-License-Identifier: Apache-2.0
"""Names that nodes cannot have, because paths of the API have them in the place of a node."""

RESERVED = ("maintenance", "management", "states", "vendor_passthru", "detail", "validate")
