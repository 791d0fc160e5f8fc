# SPDX-License-Identifier: Apache-2.0
"""The conductor's side of the RPCs that ``conductor.contract`` declares."""
