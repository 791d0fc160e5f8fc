# SPDX-License-Identifier: Apache-2.0
"""How the agent erases disks: it reads this from the description of the node."""

from typing import Any

from ironic_lite.conf import CONF


def record(node: Any) -> None:
    """Put the configured way to erase disks on the node, under the names that the agent reads."""
    options = CONF.deploy
    for key, value in (
        ("agent_erase_devices_iterations", options.shred_random_overwrite_iterations),
        ("agent_erase_devices_zeroize", options.shred_final_overwrite_with_zeros),
        ("agent_continue_if_secure_erase_failed", options.continue_if_disk_secure_erase_fails),
        ("agent_enable_ata_secure_erase", options.enable_ata_secure_erase),
        ("agent_enable_nvme_secure_erase", options.enable_nvme_secure_erase),
        ("agent_erase_skip_read_only", options.erase_skip_read_only),
        ("disk_erasure_concurrency", options.disk_erasure_concurrency),
    ):
        node.set_driver_internal_info(key, value)
