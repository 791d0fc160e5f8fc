# SPDX-License-Identifier: Apache-2.0
"""Options of the images that the API streams to servers."""

from oslo_config import cfg

GROUP = "images"

OPTS = [
    cfg.IntOpt(
        "max_streams",
        default=64,
        min=1,
        help="Images that one API process streams to servers at the same time. Further requests wait for half a "
        "minute and then get 503; agents retry.",
    ),
    cfg.IntOpt(
        "max_rate",
        default=0,
        min=0,
        help="Maximum bytes per second that one API process streams, all servers together; 0: no limit.",
    ),
    cfg.IntOpt(
        "cache_size",
        default=0,
        min=0,
        help="Maximum bytes of images that an API process keeps on its disk, so that a source sends each only once; 0: "
        "none are kept. Only images whose source states a checksum are kept: those of Glance and of OCI registries.",
    ),
    cfg.StrOpt(
        "cache_path",
        help="Directory of these images; several API processes may share it. Unset: image-cache in [DEFAULT] "
        "state_path.",
    ),
    cfg.IntOpt(
        "boot_url_lifetime",
        default=3600,
        min=60,
        help="Seconds for which the URLs in the boot script of a ramdisk or ISO instance can be used. URLs for an "
        "operation (deployment, cleaning, rescue) end with the operation.",
    ),
]
