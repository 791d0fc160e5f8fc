# SPDX-License-Identifier: Apache-2.0
"""How long virtual hardware takes, in seconds."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Delays of a virtual server. The defaults run about 50 times as fast as real hardware, in the same order."""

    power_change: float = 0.1
    power_cycle_off: float = 0.3
    soft_off: float = 0.5
    post: float = 0.2
    ramdisk_boot: float = 0.5
    disk_boot: float = 0.5
    boot_retry: float = 1.0
    # ironic-python-agent tries ten times, with pauses of 10 s.
    download_retry: float = 0.2
    step: float = 0.1
    lookup_retry_min: float = 0.5
    lookup_retry_max: float = 5.0
    lookup_timeout: float = 300.0
    heartbeat_retry: float = 1.0
    # A DHCP server may first check that an address is free: dnsmasq takes three seconds.
    dhcp_timeout: float = 10.0
    # ironic-python-agent waits 5 s between heartbeats, also before those that a command triggers.
    heartbeat_spacing: float = 0.1

    def scaled(self, factor: float) -> "Timing":
        """Return the delays multiplied by ``factor`` (0.1 is ten times as fast), but for timeouts."""
        values = {k: v * factor for k, v in dataclasses.asdict(self).items()}
        values |= {"lookup_timeout": self.lookup_timeout, "dhcp_timeout": self.dhcp_timeout}
        return Timing(**values)
