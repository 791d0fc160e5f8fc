# SPDX-License-Identifier: Apache-2.0
"""Before any test imports anything: the kind of threads, as the console commands choose it."""

from ironic_lite.common import concurrency

concurrency.setup()
