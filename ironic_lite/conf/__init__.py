# SPDX-License-Identifier: Apache-2.0
"""Every option of the service: one module per group, registered here."""

from oslo_config import cfg

from ironic_lite.conf import (
    agent,
    api,
    auto_discovery,
    cinder,
    conductor,
    console,
    database,
    default,
    deploy,
    dhcp,
    drivers,
    encryption,
    fake,
    front,
    glance,
    image_store,
    images,
    inspection_rules,
    inspector,
    ipmi,
    metrics,
    netboot,
    neutron,
    notifications,
    nova,
    oci,
    oslo_middleware,
    outbound,
    pxe,
    sensor_data,
)

CONF = cfg.CONF

GROUPS = (
    default,
    notifications,
    drivers,
    fake,
    api,
    front,
    conductor,
    console,
    database,
    encryption,
    deploy,
    agent,
    outbound,
    inspector,
    inspection_rules,
    auto_discovery,
    pxe,
    ipmi,
    metrics,
    sensor_data,
    nova,
    glance,
    image_store,
    images,
    oci,
    neutron,
    dhcp,
    netboot,
    cinder,
    oslo_middleware,
)

for _module in GROUPS:
    CONF.register_opts(_module.OPTS, group=_module.GROUP)
