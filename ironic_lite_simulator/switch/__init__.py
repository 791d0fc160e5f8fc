# SPDX-License-Identifier: Apache-2.0
"""The rack's switch: its ports and VLANs, its command line, and the SSH server in front of that."""
