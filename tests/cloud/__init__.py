# SPDX-License-Identifier: Apache-2.0
"""A whole OpenStack cloud around ironic_lite: Keystone, Glance, Placement, Neutron and Nova from the package index."""
