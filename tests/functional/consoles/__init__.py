# SPDX-License-Identifier: Apache-2.0
"""Serial consoles, against a terminal server on loopback."""
