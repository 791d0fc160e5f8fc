# SPDX-License-Identifier: Apache-2.0
"""Consoles of servers as WebSockets, passed on from the conductor that has each."""
