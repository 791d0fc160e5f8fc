# SPDX-License-Identifier: Apache-2.0
"""Options of the image store."""

from oslo_config import cfg

from ironic_lite.conf import kinds

GROUP = "image_store"

OPTS = [
    cfg.StrOpt(
        "directory",
        help="Directory with the images of this machine; API processes of one machine share it. Unset: images in "
        "[DEFAULT] state_path.",
    ),
    cfg.IntOpt(
        "max_size",
        default=0,
        min=0,
        help="Maximum bytes of all images in the directory; 0: no limit but that of min_free.",
    ),
    cfg.IntOpt(
        "min_free",
        default=1024 * 1024 * 1024,
        min=0,
        help="Bytes of the directory's file system that images never take.",
    ),
    cfg.IntOpt(
        "max_image_size",
        default=256 * 1024 * 1024 * 1024,
        min=1,
        help="Maximum bytes of one image.",
    ),
    cfg.IntOpt(
        "max_uploads",
        default=8,
        min=1,
        max=64,
        help="Uploads that one API process receives at the same time. Further ones get 503.",
    ),
    cfg.IntOpt(
        "upload_lifetime",
        default=86400,
        min=60,
        help="Seconds after which an upload that does not go on is removed.",
    ),
    cfg.IntOpt(
        "check_interval",
        default=60,
        min=1,
        max=120,
        help="Seconds between two searches for what interrupted uploads and removed images have left in the directory. "
        "With each of them the API process says in the database that it is alive.",
    ),
    cfg.Opt(
        "peer_url",
        type=kinds.WebAddress(),
        help="URL at which other API processes reach this one, to get images that only it has. Unset: [api] host_ip "
        "and port, or [DEFAULT] host if that is not one address.",
    ),
    cfg.StrOpt(
        "peer_cafile",
        help="File with the authorities of the certificates of other API processes (PEM). Unset: the system's.",
    ),
]
