# SPDX-License-Identifier: Apache-2.0
"""The IPMI adapter and its interfaces against real BMC implementations."""
