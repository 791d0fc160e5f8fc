# SPDX-License-Identifier: Apache-2.0
"""A volume driver for cinder-volume that needs no disk, no kernel and no root rights.

It answers as a storage array with iSCSI or Fibre Channel does, with a new CHAP password for each connection. Open
connections are files in `connections` below `state_path`: one JSON object per volume and host. The file `faults.json`
there makes calls fail or wait: `{"initialize_connection": "message"}` or `{"terminate_connection": seconds}`.
"""

import json
import secrets
import time
from pathlib import Path
from typing import Any

from cinder import exception, interface
from cinder.volume import driver
from oslo_config import cfg

PORTALS = ["192.0.2.31:3260", "192.0.2.32:3260"]


@interface.volumedriver
class DisklessDriver(driver.VolumeDriver):
    """Volumes that have a record in Cinder and nothing else."""

    VERSION = "1.0"
    CI_WIKI_NAME = "none"

    def check_for_setup_error(self) -> None:
        self._connections.mkdir(exist_ok=True)

    @property
    def _state(self) -> Path:
        return Path(cfg.CONF.state_path)

    @property
    def _connections(self) -> Path:
        return self._state / "connections"

    def _fault(self, call: str) -> None:
        faults = self._state / "faults.json"
        fault = json.loads(faults.read_text()).get(call) if faults.exists() else None
        if isinstance(fault, str):
            raise exception.VolumeBackendAPIException(data=fault)
        time.sleep(fault or 0)

    def get_volume_stats(self, refresh: bool = False) -> dict[str, Any]:
        return {
            "volume_backend_name": "diskless",
            "vendor_name": "none",
            "driver_version": self.VERSION,
            "storage_protocol": "iSCSI",
            "total_capacity_gb": 1000,
            "free_capacity_gb": 1000,
            "reserved_percentage": 0,
            "multiattach": True,
        }

    def create_volume(self, volume: Any) -> None:
        """Nothing to create."""

    def delete_volume(self, volume: Any) -> None:
        """Nothing to delete."""

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Exported in `initialize_connection`."""

    def ensure_export(self, context: Any, volume: Any) -> None:
        """Exported in `initialize_connection`."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Removed in `terminate_connection`."""

    def initialize_connection(self, volume: Any, connector: dict[str, Any]) -> dict[str, Any]:
        self._fault("initialize_connection")
        if "initiator" not in connector and "wwpns" not in connector:
            raise exception.InvalidConnectorException(missing="initiator")
        host = connector["host"]
        (self._connections / f"{volume.id}@{host}").write_text(json.dumps(connector))
        if "initiator" not in connector:
            data = {"target_discovered": True, "target_lun": 1, "target_wwn": ["50060160bee00001"]}
            return {"driver_volume_type": "fibre_channel", "data": data}
        data = {
            "target_discovered": False,
            "target_iqn": f"iqn.2010-10.org.openstack:volume-{volume.id}",
            "target_portal": PORTALS[0],
            "target_lun": 1,
            "auth_method": "CHAP",
            "auth_username": f"user-{volume.id[:8]}",
            "auth_password": secrets.token_urlsafe(12),
            "volume_id": volume.id,
        }
        if connector.get("multipath"):
            iqn = data["target_iqn"]
            data |= {"target_iqns": [iqn, iqn], "target_portals": PORTALS, "target_luns": [1, 1]}
        return {"driver_volume_type": "iscsi", "data": data}

    def terminate_connection(self, volume: Any, connector: dict[str, Any], **_more: Any) -> None:
        self._fault("terminate_connection")
        for open_connection in self._connections.glob(f"{volume.id}@{connector['host']}"):
            open_connection.unlink()
