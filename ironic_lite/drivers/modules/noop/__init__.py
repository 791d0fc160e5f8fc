# SPDX-License-Identifier: Apache-2.0
"""Interfaces for nodes that need nothing done, and for nodes that cannot do a thing at all."""
