# SPDX-License-Identifier: Apache-2.0
"""What the IPMI drivers read and compute."""
