# SPDX-License-Identifier: Apache-2.0
"""IPMI: the one adapter that owns pyghmi, and the interfaces that stand on it.

``driver_info`` reads what an operator gave; ``wire`` speaks RMCP+ on one socket; ``connection`` makes one BMC
behave (one command at a time, reconnects, bounded waits); ``sessions`` keeps them warm; ``commands`` is what the
interfaces ``power`` and ``management`` say; ``sensors`` reads the sensor records.
"""
