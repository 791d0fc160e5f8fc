# SPDX-License-Identifier: Apache-2.0
"""Records of nodes and of what belongs to them: what may be changed, and when."""
