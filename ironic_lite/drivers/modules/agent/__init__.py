# SPDX-License-Identifier: Apache-2.0
"""Deployment and cleaning through ironic-python-agent."""
