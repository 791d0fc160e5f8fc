# SPDX-License-Identifier: Apache-2.0
"""Options of inspection through the agent."""

from oslo_config import cfg

GROUP = "inspector"

DEFAULT_HOOKS = "ramdisk-error,validate-interfaces,ports,architecture"

OPTS = [
    cfg.StrOpt(
        "default_hooks",
        default=DEFAULT_HOOKS,
        help="The value of $default_hooks in 'hooks'.",
    ),
    cfg.StrOpt(
        "hooks",
        default="$default_hooks",
        help="Inspection hooks that process the data of a ramdisk, in this order: names of entry points of "
        "ironic_lite.inspection.hooks. '$default_hooks,memory' adds one after the default ones.",
    ),
    cfg.StrOpt(
        "extra_kernel_params",
        default="",
        help="Kernel arguments of the ramdisk for inspections only, such as "
        "'ipa-inspection-collectors=default,logs ipa-collect-lldp=1'. Inspections whose boot the service does not "
        "manage do not get them.",
    ),
    cfg.BoolOpt(
        "power_off",
        default=True,
        help="Power a server off when its inspection has ended. With fast-track it stays on.",
    ),
    cfg.BoolOpt(
        "require_managed_boot",
        default=True,
        help="Inspect only nodes whose boot interface can boot the ramdisk. If false, a node that it cannot boot "
        "(for example one without ports) is set to boot from the network and powered on; you provide what it boots "
        "there.",
    ),
    cfg.StrOpt(
        "add_ports",
        default="pxe",
        choices=[
            ("all", "those of all network interfaces"),
            ("active", "those of network interfaces that have an IP address"),
            ("pxe", "that of the network interface which the ramdisk was booted from"),
            ("disabled", "none"),
        ],
        help="Which MAC addresses of an inventory become ports.",
    ),
    cfg.StrOpt(
        "keep_ports",
        default="all",
        choices=[
            ("all", "all"),
            ("present", "the ports whose MAC address is in the inventory"),
            ("added", "the ports that 'add_ports' selects"),
        ],
        help="Which existing ports of a node to keep.",
    ),
    cfg.BoolOpt(
        "update_pxe_enabled",
        default=True,
        help="Set pxe_enabled of the ports: true for the port that the ramdisk booted from, else false.",
    ),
    cfg.DictOpt(
        "cpu_capabilities",
        default={
            "vmx": "cpu_vt",
            "svm": "cpu_vt",
            "aes": "cpu_aes",
            "pse": "cpu_hugepages",
            "pdpe1gb": "cpu_hugepages_1g",
            "smx": "cpu_txt",
        },
        help="Hook cpu-capabilities: the capability for each CPU flag.",
    ),
    cfg.MultiStrOpt(
        "pci_device_alias",
        default=[],
        help='Hook pci-devices: {"vendor_id": "10de", "product_id": "1eb8", "name": "t4"}; may be given several times. '
        "The capability with this name is the number of such devices.",
    ),
    cfg.ListOpt(
        "physical_network_cidr_map",
        default=[],
        help="Hook physical-network: the physical network of each subnet, such as "
        "'10.10.10.0/24:physnet_a,2001:db8::/64:physnet_b'.",
    ),
    cfg.BoolOpt(
        "disk_partitioning_spacing",
        default=True,
        help="Hook root-device: subtract 1 GiB from local_gb, for partition tables and a config drive.",
    ),
]
