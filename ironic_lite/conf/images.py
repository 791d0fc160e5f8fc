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
        "boot_url_lifetime",
        default=3600,
        min=60,
        help="Seconds for which the URLs in the boot script of a ramdisk or ISO instance can be used. URLs for an "
        "operation (deployment, cleaning, rescue) end with the operation.",
    ),
]
