# SPDX-License-Identifier: Apache-2.0
"""Telling others: notifications about nodes, the outbox that keeps them, and events for Nova."""
