# SPDX-License-Identifier: Apache-2.0
"""Where images come from.

A *reference* names an image: an http or https URL, the name of a stored image, the UUID of one in Glance ...
:func:`sources.resolve` asks the source what the image is, and whether the client may use it; :func:`sources.origin`
says how to read its bytes. One module per kind of source; nothing here knows of nodes.
"""
