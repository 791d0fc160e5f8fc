# SPDX-License-Identifier: Apache-2.0
"""Comparison of ironic_lite with upstream Ironic: the same requests to both, and the differences of their answers.

``make compare`` sends the requests to both; ``make test`` only to ironic_lite, and compares its answers with
upstream's recorded ones.
"""
