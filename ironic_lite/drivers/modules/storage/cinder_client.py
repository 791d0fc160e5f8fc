# SPDX-License-Identifier: Apache-2.0
"""A client of Cinder: volumes and their attachments (microversion 3.54 or later of the block storage API).

An attachment is Cinder's record that a volume is connected to a server. It exists from the first request on, names the
server, and its deletion ends the connection, whatever state it is in. So an attachment that an interrupted conductor
left is found by the server's id.
"""

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, openstack_services, redaction
from ironic_lite.conf.cinder import GROUP

if TYPE_CHECKING:
    from openstack.block_storage.v3._proxy import Proxy

LOG = log.getLogger(__name__)

ATTACHED = "attached"

_MOUNT_POINT = "ironic_mountpoint"
"""Cinder requires the name of a device; a bare-metal server has none yet."""

_LONGEST_REASON = 300


@dataclasses.dataclass(frozen=True)
class Volume:
    """A volume and the project that owns it, if Cinder reveals that."""

    id: str
    project: str | None


@dataclasses.dataclass(frozen=True)
class Attachment:
    """An attachment: its id, volume and status, which is ``attached`` when it is complete."""

    id: str
    volume: str
    status: str


class Cinder:
    """One visit to Cinder, with the credentials in ``[cinder]``; every request takes ``[cinder] timeout`` at most.

    Its methods raise StorageError if Cinder refuses a request or does not answer, with a message that says what failed
    and why, without secrets.
    """

    def __init__(self) -> None:
        with _failing("The connection to Cinder"):
            found = openstack_services.proxy(GROUP)
        if found is None:
            raise exception.StorageError(
                "Cinder was not found: Keystone's catalogue has no block storage service. Check the catalogue and "
                "[cinder], then try again."
            )
        self._cinder = cast("Proxy", found)

    def volume(self, volume_id: str) -> Volume | None:
        """Return a volume; None if there is none, or none that these credentials may see."""
        from openstack import exceptions

        with _failing(f"Reading the volume {volume_id}"):
            try:
                found = self._cinder.get_volume(volume_id)
            except exceptions.NotFoundException:
                return None
            openstack_services.checked(found, "status")
            return Volume(found.id, found.project_id)

    def attachments(self, server: str) -> list[Attachment]:
        """Return the attachments of all volumes to a server, in every project."""
        with _failing("Listing the attachments of the server"):
            found = self._cinder.attachments(instance_id=server, all_projects=True)
            # A Cinder that does not know the filter returns the attachments of all servers.
            return [
                Attachment(each.id, each.volume_id, each.status)
                for each in map(openstack_services.checked, found)
                if each.instance == server
            ]

    def reserve(self, volume_id: str, server: str) -> str:
        """Make an attachment that keeps others from attaching the volume; return its id."""
        with _failing(f"Reserving the volume {volume_id}"):
            made = self._cinder.create_attachment(volume_id, instance=server)
            return str(openstack_services.checked(made).id)

    def connect(self, attachment_id: str, volume_id: str, connector: dict[str, Any]) -> None:
        """Export the volume to the server that the connector describes."""
        with _failing(f"Connecting the volume {volume_id}"):
            changed = self._cinder.update_attachment(
                attachment_id, connector={**connector, "mountpoint": _MOUNT_POINT}
            )
            openstack_services.checked(changed, "volume_id")

    def connection(self, attachment_id: str) -> dict[str, Any]:
        """Return how the server reaches the volume: target, LUN, credentials, ``driver_volume_type``; {} if unknown."""
        with _failing(f"Reading the attachment {attachment_id}"):
            found = self._cinder.get_attachment(attachment_id)
            openstack_services.checked(found, "volume_id")
            return dict(found.connection_info or {})

    def complete(self, attachment_id: str, volume_id: str) -> None:
        """Declare the volume in use."""
        with _failing(f"Completing the attachment of the volume {volume_id}"):
            self._cinder.complete_attachment(attachment_id)

    def disconnect(self, attachment_id: str, volume_id: str) -> None:
        """Delete an attachment; the storage ends the connection. It may be gone already."""
        with _failing(f"Detaching the volume {volume_id}"):
            self._cinder.delete_attachment(attachment_id)

    def note(self, volume_id: str, node: Any, action: str) -> None:
        """Note in the volume's metadata which node did what, for the owner of the volume."""
        noted = {
            "instance_uuid": node.instance_uuid or node.uuid,
            "last_seen": timeutils.utcnow().isoformat(),
            "last_action": action,
        }
        with _failing(f"Writing metadata of the volume {volume_id}"):
            self._cinder.set_volume_metadata(
                volume_id, **{f"ironic_node_{node.uuid}": json.dumps(noted)}
            )


@contextlib.contextmanager
def _failing(what: str) -> Iterator[None]:
    from keystoneauth1 import exceptions as authentication
    from openstack import exceptions

    try:
        yield
    except authentication.Unauthorized as exc:
        raise exception.StorageError(
            f"{what} failed: Keystone or Cinder refuses the credentials in [cinder]; correct them."
        ) from exc
    except (exceptions.SDKException, authentication.ClientException) as exc:
        raise exception.StorageError(f"{what} failed: {_reason(exc)}") from exc
    except openstack_services.FOREIGN as exc:
        LOG.debug("Cinder's answer is not understood", exc_info=exc)
        raise exception.StorageError(
            f"{what} failed: the answer is not that of a Cinder. Something else seems to have the address that is in "
            "[cinder] or in Keystone's catalogue; correct it."
        ) from exc


def _reason(exc: Exception) -> str:
    """Return what an error says, without secrets and with the URL of Cinder's API only if nothing else is known."""
    details = getattr(exc, "details", None)
    status = getattr(exc, "status_code", None) or getattr(exc, "http_status", None)
    text = redaction.mask_text(str(details or exc))[:_LONGEST_REASON].rstrip(".")
    return f"Cinder answers {status}: {text}." if status else f"{text}."
