# SPDX-License-Identifier: Apache-2.0
"""Options of inspection through the agent."""

from oslo_config import cfg

GROUP = "inspector"

DEFAULT_HOOKS = "ramdisk-error,validate-interfaces,ports,architecture"

OPTS = [
    cfg.StrOpt(
        "default_hooks",
        default=DEFAULT_HOOKS,
        help="The hooks that $default_hooks stands for in 'hooks'.",
    ),
    cfg.StrOpt(
        "hooks",
        default="$default_hooks",
        help="What is made of the data that a ramdisk sends, in this order: names of entry points of "
        "ironic_lite.inspection.hooks. '$default_hooks,memory' adds one behind the default ones.",
    ),
    cfg.StrOpt(
        "extra_kernel_params",
        default="",
        help="Kernel arguments of the ramdisk for inspections only, such as "
        "'ipa-inspection-collectors=default,logs ipa-collect-lldp=1'. Inspections whose boot is not ours "
        "do not get them.",
    ),
    cfg.BoolOpt(
        "power_off",
        default=True,
        help="Power a server off when its inspection has ended. With fast-track it stays on all the same.",
    ),
    cfg.BoolOpt(
        "require_managed_boot",
        default=True,
        help="Inspect only nodes whose boot interface can boot the ramdisk. Off, a node that it cannot boot "
        "(one without ports, say) is set to boot from the network and powered on: what it boots there is up "
        "to you.",
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
            ("present", "those whose MAC address is in the inventory"),
            ("added", "those that 'add_ports' names"),
        ],
        help="Which ports that a node had before stay.",
    ),
    cfg.BoolOpt(
        "update_pxe_enabled",
        default=True,
        help="Set the ports' pxe_enabled to whether the ramdisk was booted from them.",
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
        help="Hook cpu-capabilities: the capability that each CPU flag stands for.",
    ),
    cfg.MultiStrOpt(
        "pci_device_alias",
        default=[],
        help='Hook pci-devices: {"vendor_id": "10de", "product_id": "1eb8", "name": "t4"}, once for each kind '
        "of device. The capability NAME is the number of such devices.",
    ),
    cfg.ListOpt(
        "physical_network_cidr_map",
        default=[],
        help="Hook physical-network: which physical network each subnet is, as in "
        "'10.10.10.0/24:physnet_a,2001:db8::/64:physnet_b'.",
    ),
    cfg.BoolOpt(
        "disk_partitioning_spacing",
        default=True,
        help="Hook root-device: leave 1 GiB of the disk out of local_gb, for partition tables and a config drive.",
    ),
]
