# SPDX-License-Identifier: Apache-2.0
"""A conductor among others: its life, signs of life, hash ring, and worker pool."""
