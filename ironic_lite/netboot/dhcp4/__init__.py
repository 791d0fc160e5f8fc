# SPDX-License-Identifier: Apache-2.0
"""DHCP for IPv4, as the server of a network (RFC 2131) or beside one that others run (PXE 2.1, proxyDHCP)."""
