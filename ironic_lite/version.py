# SPDX-License-Identifier: Apache-2.0
"""The version of the installed package."""

import importlib.metadata

__version__ = importlib.metadata.version("ironic-lite")
