# SPDX-License-Identifier: Apache-2.0
"""Long tests with virtual machines: ``make lab``. The short ones are in ``tests/functional/lab``."""
