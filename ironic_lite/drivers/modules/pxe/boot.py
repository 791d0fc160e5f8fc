# SPDX-License-Identifier: Apache-2.0
"""Boot interface ``ipxe``: servers boot over the network and request their script from the API.

The node's record says what its server boots: the deploy ramdisk (``driver_internal_info['ramdisk_params']``), the
instance's ramdisk (``['instance_ramdisk']``), its iSCSI volume (``['boot_from_volume']``), or else the disk. There are
no files to write or to clean up.
"""

from typing import Any

from ironic_lite.common import exception, operations
from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF
from ironic_lite.drivers import (
    api_address,
    boot_persistence,
    image_links,
    node_images,
    ramdisk_images,
    refused_fields,
)
from ironic_lite.drivers.interfaces import management
from ironic_lite.drivers.interfaces.boot import BootInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.pxe import (
    dhcp,
    instance_ramdisk,
    instance_volume,
    kernel_args,
    scripts,
)

RAMDISK = "ramdisk_params"
INSTANCE_RAMDISK = "instance_ramdisk"
INSTANCE_VOLUME = "boot_from_volume"

_PROPERTIES = {
    "deploy_kernel": "Image of the deploy ramdisk's kernel: an http or https URL, or another image; default is "
    "[conductor] deploy_kernel. Required.",
    "deploy_ramdisk": "Image of the deploy ramdisk in the same forms; default is [conductor] deploy_ramdisk. Required.",
    "rescue_kernel": "Image of the rescue ramdisk's kernel; only a rescue needs it. Default is [conductor] "
    "rescue_kernel. Optional.",
    "rescue_ramdisk": "Image of the rescue ramdisk, which tenants can see; default is [conductor] rescue_ramdisk. "
    "Optional.",
    "kernel_append_params": "Kernel arguments of the ramdisk; %default% means [pxe] kernel_append_params. Optional.",
    boot_persistence.FIELD: "Whether to set the boot device persistently; default is Default. One of Always, "
    "Default, Never. Optional.",
}


_REFUSED = {
    "pxe_template": refused_fields.Refused(
        "The service generates the boot scripts itself; use kernel_append_params to pass arguments to the ramdisk."
    ),
    "external_http_url": refused_fields.Refused(
        "The API itself is where servers get images that they cannot download; set [api] public_endpoint to the URL "
        "at which they reach it."
    ),
}


class IPXEBoot(BootInterface):
    """Boots ramdisks and iSCSI volumes by iPXE, and a deployed system from its disk."""

    ramdisk_boot = True
    iscsi_boot = True

    def get_properties(self) -> dict[str, str]:
        return dict(_PROPERTIES)

    def refused_properties(self) -> dict[str, refused_fields.Refused]:
        return dict(_REFUSED)

    def validate(self, task: Task) -> None:
        """See the base class. Asks the servers of kernel and ramdisk whether the files exist."""
        self._validate_and_ask(task, "deploy")

    def validate_rescue(self, task: Task) -> None:
        """See the base class. Asks the servers of kernel and ramdisk whether the files exist."""
        self._validate_and_ask(task, "rescue")

    def _validate_and_ask(self, task: Task, kind: str) -> None:
        self._validate(task, kind)
        for name in ramdisk_images.pair(task.node, kind):
            node_images.look_up(task.node, name, task.context)

    def _validate(self, task: Task, kind: str) -> None:
        for found in ramdisk_images.pair(task.node, kind).values():
            kernel_args.check_image(found.reference, found.where)
        _arguments(task.node)
        boot_persistence.check(task.node)
        if not task.ports:
            raise exception.MissingParameterValue(
                err=f"Node {task.node.uuid} has no port; create one with the MAC address that it boots from."
            )
        api_address.url()

    def prepare_ramdisk(self, task: Task, ramdisk_params: dict[str, Any]) -> None:
        """See the base class. Saves the record, because the server requests its script as soon as it is on."""
        self._validate(task, _kind(task.node))
        for name, value in ramdisk_params.items():
            kernel_args.parse(f"{name}={value}", "the agent's kernel arguments")
        image_links.prepare(task.node)
        task.node.set_driver_internal_info(RAMDISK, dict(ramdisk_params))
        task.node.save()
        self.prepare_again(task)

    def prepare_again(self, task: Task) -> None:
        _offer_boot_options(task)
        task.set_boot_device(management.PXE)

    def clean_up_ramdisk(self, task: Task) -> None:
        if RAMDISK in task.node.driver_internal_info:
            task.node.del_driver_internal_info(RAMDISK)
            task.node.save()

    def validate_instance_ramdisk(self, node: Any) -> dict[str, str]:
        instance_ramdisk.arguments(node)
        return instance_ramdisk.images(node)

    def prepare_instance(self, task: Task) -> None:
        self.clean_up_ramdisk(task)
        if self._record_network_boot(task):
            task.node.save()
            _offer_boot_options(task)
            task.set_boot_device(management.PXE, persistent=True)
        elif management.DISK in task.driver.management.get_supported_boot_devices(task):
            task.set_boot_device(management.DISK, persistent=True)

    def adopt_instance(self, task: Task) -> None:
        """See the base class. An instance that boots over the network keeps requesting its script."""
        self._record_network_boot(task)

    def _record_network_boot(self, task: Task) -> bool:
        """Record what the instance boots over the network; return False if it boots from a disk.

        To a server, Fibre Channel volumes are disks.
        """
        if task.driver.deploy.boots_ramdisk:
            self.validate_instance_ramdisk(task.node)
            image_links.prepare(task.node)
            task.node.set_driver_internal_info(INSTANCE_RAMDISK, True)
            return True
        volume = task.driver.storage.boot_volume(task)
        if volume is None or volume.volume_type != instance_volume.ISCSI:
            return False
        task.node.set_driver_internal_info(INSTANCE_VOLUME, volume.uuid)
        return True

    def clean_up_instance(self, task: Task) -> None:
        self.clean_up_ramdisk(task)
        recorded = {INSTANCE_RAMDISK, INSTANCE_VOLUME} & task.node.driver_internal_info.keys()
        if not recorded:
            return
        for name in recorded:
            task.node.del_driver_internal_info(name)
        image_links.revoke(task.node)
        task.node.save()

    def boots_agent(self, node: Any) -> bool:
        return RAMDISK in node.driver_internal_info

    def boot_script(self, task: Task, mac: str) -> str:
        node = task.node
        params = node.driver_internal_info.get(RAMDISK)
        if params is None and INSTANCE_RAMDISK in node.driver_internal_info:
            return instance_ramdisk.script(node)
        if params is None and INSTANCE_VOLUME in node.driver_internal_info:
            return instance_volume.script(task)
        if params is None:
            return scripts.disk(node.uuid)
        kind = _kind(node)
        self._validate(task, kind)
        arguments = [
            *_arguments(node),
            *(f"{name}={value}" for name, value in sorted(params.items())),
            f"ipa-api-url={api_address.url()}",
            "BOOTIF=${mac}",
        ]
        return scripts.kernel_and_ramdisk(
            node.uuid,
            f"{kind} ramdisk",
            node_images.url(node, f"{kind}_kernel"),
            node_images.url(node, f"{kind}_ramdisk"),
            arguments,
        )


def _offer_boot_options(task: Task) -> None:
    if task.driver.network.offers_boot_options:
        task.driver.network.set_boot_options(task, dhcp.options(task.node))


def _arguments(node: Any) -> list[str]:
    """Return the kernel arguments of the deploy or rescue ramdisk. Lessees may set ``instance_info``, so it is not
    used here."""
    arguments = kernel_args.of(node, "driver_info")
    if provision_states.is_in(node.provision_state, operations.INSPECTION):
        arguments += kernel_args.parse(
            CONF.inspector.extra_kernel_params, "[inspector] extra_kernel_params"
        )
    return arguments


def _kind(node: Any) -> str:
    """Return which ramdisk the node boots: deploy or rescue."""
    rescuing = provision_states.is_in(node.provision_state, operations.RESCUE)
    return "rescue" if rescuing else "deploy"
