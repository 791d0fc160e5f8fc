# SPDX-License-Identifier: Apache-2.0
"""Where images come from.

A *reference* names an image: an http or https URL, the UUID of an image in Glance or ``glance://UUID``.
:func:`sources.resolve` asks the source what the image is, and whether the client may use it; :func:`sources.origin`
says how to read its bytes. One module per kind of source; nothing here knows of nodes.
"""
