# SPDX-License-Identifier: Apache-2.0
"""Which hardware types and interfaces a conductor offers."""

from oslo_config import cfg

GROUP = None

# Interfaces enabled by default: all that work without additional services.
ENABLED_BY_DEFAULT: dict[str, list[str]] = {
    "bios": ["no-bios", "fake"],
    "boot": ["ipxe", "pxe", "fake"],
    "console": ["no-console", "fake"],
    "deploy": ["direct", "ramdisk", "custom-agent", "noop", "fake"],
    "firmware": ["no-firmware", "fake"],
    "inspect": ["no-inspect", "agent", "fake"],
    "management": ["pyghmi", "ipmitool", "noop", "fake"],
    "network": ["noop"],
    "power": ["pyghmi", "ipmitool", "fake"],
    "raid": ["no-raid", "agent", "fake"],
    "rescue": ["no-rescue", "agent", "fake"],
    "storage": ["noop", "external", "fake"],
    "vendor": ["no-vendor", "fake"],
}

OPTS: list[cfg.Opt] = [
    cfg.ListOpt(
        "enabled_hardware_types",
        default=["ipmi", "fake-hardware", "manual-management"],
        help="Hardware types this conductor serves.",
    ),
]

for _kind, _enabled in ENABLED_BY_DEFAULT.items():
    OPTS.append(
        cfg.ListOpt(
            f"enabled_{_kind}_interfaces",
            default=_enabled,
            help=f"The {_kind} interfaces that nodes of this conductor may use.",
        )
    )
    OPTS.append(
        cfg.StrOpt(
            f"default_{_kind}_interface",
            help=f"The {_kind} interface of nodes that do not set one. Unset: the first one that the hardware "
            "type prefers among the enabled ones.",
        )
    )
