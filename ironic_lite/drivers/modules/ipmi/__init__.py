# SPDX-License-Identifier: Apache-2.0
"""IPMI: the only package that uses pyghmi, and the interfaces built on it.

``driver_info`` checks the operator's settings; ``wire`` speaks RMCP+ on one socket; ``connection`` drives one BMC (one
command at a time, reconnects, bounded waits); ``sessions`` keeps sessions open; ``commands`` are the IPMI commands
of the interfaces ``power`` and ``management``; ``sensors`` reads the sensor records.
"""
