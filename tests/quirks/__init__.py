# SPDX-License-Identifier: Apache-2.0
"""Every flow on servers whose BMCs bend the standard, each quirk by itself and in random pairs."""
