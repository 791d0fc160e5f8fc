# SPDX-License-Identifier: Apache-2.0
"""Images in the store."""

from ironic_lite.common.policies import base

_OWNER = "project_id:%(image.owner)s"
_MANAGER = f"({base.SYSTEM_MEMBER}) or (role:manager and {_OWNER}) or role:service"

RULES = base.rules(
    {
        f"({base.SYSTEM_READER}) or (role:reader and {_OWNER}) or role:service": {
            "baremetal:image:get": "See images."
        },
        base.ANY_READER: {
            "baremetal:image:list": "List public images and those of one's own project."
        },
        base.SYSTEM_READER: {"baremetal:image:list_all": "List all images."},
        f"({base.SYSTEM_MEMBER}) or role:manager or role:service": {
            "baremetal:image:create": "Create images."
        },
        _MANAGER: {
            "baremetal:image:delete": "Remove images.",
            "baremetal:image:update": "Change images.",
            "baremetal:image:upload": "Send the bytes of an image.",
        },
        base.SYSTEM_MEMBER: {
            "baremetal:image:update:public": "Make an image usable by all projects.",
            "baremetal:image:update:owner": "Give an image to a project.",
            "baremetal:image:update:default_for": "Make a kernel and its ramdisk the default of all nodes.",
        },
    }
)
