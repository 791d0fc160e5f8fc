# SPDX-License-Identifier: Apache-2.0
"""Deployment and cleaning through ironic-python-agent.

``base`` has what all its deploy interfaces share: cleaning, servicing, heartbeats. ``custom`` adds the steps around a
deployment, ``deploy`` (``direct``) the image; ``ramdisk`` boots the instance from memory instead. ``client`` speaks to
the agent's API, and ``inband`` starts commands in the agent and reads their results.
"""
