# SPDX-License-Identifier: Apache-2.0
"""Searches networks for BMCs: asks addresses over RMCP (UDP 623) and for a Redfish service root, without any login."""
