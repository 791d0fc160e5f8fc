# SPDX-License-Identifier: Apache-2.0
"""One operation of a node as spans of time."""
