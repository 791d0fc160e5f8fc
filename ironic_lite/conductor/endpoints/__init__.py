# SPDX-License-Identifier: Apache-2.0
"""Serving the calls that ``conductor.contract`` declares."""
