# SPDX-License-Identifier: Apache-2.0
"""Code that Cinder itself loads in the tests."""
