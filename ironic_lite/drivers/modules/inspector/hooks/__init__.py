# SPDX-License-Identifier: Apache-2.0
"""Inspection hooks: they process the data of the ramdisk, one per subject, in the order of ``[inspector] hooks``.

Operators add their own hooks as entry points of :data:`ironic_lite.drivers.modules.inspector.hooks.base.NAMESPACE`.
"""
