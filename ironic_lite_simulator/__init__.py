# SPDX-License-Identifier: Apache-2.0
"""The virtual rack: servers with real BMC sockets and real agents on HTTP, for demo, tests and benchmarks."""
