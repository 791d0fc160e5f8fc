# SPDX-License-Identifier: Apache-2.0
"""Inspection through ironic-python-agent."""
