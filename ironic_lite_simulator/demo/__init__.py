# SPDX-License-Identifier: Apache-2.0
"""The demo: a virtual rack, the service beside it, and every server from enrolled to active.

It speaks to the service as any client does: a child process, a configuration file, HTTP.
"""
