# SPDX-License-Identifier: Apache-2.0
"""Values that the options' own types take and refuse."""

import pytest
from pyghmi.ipmi.private import constants

from ironic_lite.conf import kinds, sensor_data


@pytest.mark.parametrize(
    "host", ["0", "0.0", "0x0", "0.0.0.0", "[::]", "[0::0]", "[::ffff:0.0.0.0]"]
)
def test_the_address_of_a_service_is_no_wildcard(host: str) -> None:
    with pytest.raises(ValueError, match="use a URL such as"):
        kinds.WebAddress()(f"http://{host}:6385")


@pytest.mark.parametrize("host", ["10.0.0.0", "0.example", "localhost", "[::1]", "[fd00::]"])
def test_other_hosts_are_taken(host: str) -> None:
    assert kinds.WebAddress()(f"http://{host}:6385") == f"http://{host}:6385"


def test_the_sensor_types_of_ipmi_can_be_chosen() -> None:
    (option,) = (each for each in sensor_data.OPTS if each.name == "data_types")
    of_ipmi = {name.split()[0] for name in constants.sensor_type_codes.values()}
    assert option.type(",".join(of_ipmi).lower())
    with pytest.raises(ValueError, match="Temprature"):
        option.type("Fan,Temprature")
