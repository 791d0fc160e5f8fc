# SPDX-License-Identifier: Apache-2.0
"""A BMC on a UDP socket: RMCP+ and IPMI 2.0 (specification revision 1.1 with its errata)."""
