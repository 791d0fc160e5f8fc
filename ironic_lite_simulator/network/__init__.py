# SPDX-License-Identifier: Apache-2.0
"""The network side of virtual servers."""
