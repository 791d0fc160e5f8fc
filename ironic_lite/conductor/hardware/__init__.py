# SPDX-License-Identifier: Apache-2.0
"""One request to one server: power, boot mode, console, virtual media, vendor methods."""
