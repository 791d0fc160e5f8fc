# SPDX-License-Identifier: Apache-2.0
"""Real servers, started privately for the tests: one file per server.

Each runs on free loopback ports with its data in a temporary directory, as an unprivileged user, and stops with the
tests. A server that is not installed makes its tests fail with the command that installs it.
"""
