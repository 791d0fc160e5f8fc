# SPDX-License-Identifier: Apache-2.0
"""An agent that speaks the protocol of ironic-python-agent 13, for a virtual server."""
