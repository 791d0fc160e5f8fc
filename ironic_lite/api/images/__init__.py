# SPDX-License-Identifier: Apache-2.0
"""Streams images to servers: ``GET /images/{node}/{field}?token=...``.

The URLs come from ``drivers.image_links``. A conductor checks each and says where the bytes are (``open_image``); this
room passes them on, in the API's event loop, without a thread and without keeping any.
"""
