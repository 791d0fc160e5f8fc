# SPDX-License-Identifier: Apache-2.0
"""The demo: a virtual rack, the service beside it, and every server from enrolled to active.

The service is a child process with a configuration file; the demo uses its HTTP API only.
"""
