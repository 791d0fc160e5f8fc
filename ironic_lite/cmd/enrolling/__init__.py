# SPDX-License-Identifier: Apache-2.0
"""The parts of ``ironic-lite enrol`` that speak with the API."""
