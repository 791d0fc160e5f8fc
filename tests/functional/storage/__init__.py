# SPDX-License-Identifier: Apache-2.0
"""Boot from volume, with a real Cinder."""
