# SPDX-License-Identifier: Apache-2.0
"""Network interfaces ``flat`` and ``neutron``: a server's ports are ports in Neutron.

The service makes ports for its own work (``service_ports``), in the networks for cleaning, provisioning, ...
(``networks``). A tenant's ports (VIFs) are attached to the node's ports and port groups (``vifs``, ``placement``), and
bound while the instance runs. ``client`` sends all requests to Neutron.

Neutron's records are made so that they are found again after a crash: ports of the service have the owner
``baremetal:none``, the node as their host, and a name that says what they are for; a VIF is noted on the node's port
before Neutron is changed.
"""
