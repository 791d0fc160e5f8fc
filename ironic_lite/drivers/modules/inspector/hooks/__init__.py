# SPDX-License-Identifier: Apache-2.0
"""What is made of the data that a ramdisk sends: one hook per subject, in the order of ``[inspector] hooks``.

Operators add their own as entry points of :data:`ironic_lite.drivers.modules.inspector.hooks.base.NAMESPACE`.
"""
