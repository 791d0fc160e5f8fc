# SPDX-License-Identifier: Apache-2.0
"""Serial lines behind a TCP port: terminal servers, and virtual machines."""
