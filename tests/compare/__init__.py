# SPDX-License-Identifier: Apache-2.0
"""ironic_lite beside upstream Ironic: the same requests to both, and what differs in their answers.

``make compare`` asks both; ``make test`` asks ironic_lite alone and holds it against what upstream answered then.
"""
