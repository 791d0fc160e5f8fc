# SPDX-License-Identifier: Apache-2.0
"""The boot service: addresses, iPXE and the way to the API for servers that boot over the network.

It is a process of its own, because it needs privileges that nothing else needs. It asks the API over HTTP for what it
has to know of nodes, and imports nothing of API, conductor and database.
"""
