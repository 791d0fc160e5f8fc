# SPDX-License-Identifier: Apache-2.0
"""Deploy templates, runbooks and inspection rules."""

from typing import Any

from ironic_lite.db import templates_and_rules
from ironic_lite.objects import base
from ironic_lite.objects.record import Record
from ironic_lite.objects.traits import Traited


@base.register
class DeployTemplate(Record):
    """Steps: ``[{"interface", "step", "args", "priority"}]``."""

    REPOSITORY = templates_and_rules.deploy_templates


@base.register
class Runbook(Traited, Record):
    """Steps: ``[{"interface", "step", "args", "order"}]``. ``Traited`` has the methods that write traits."""

    REPOSITORY = templates_and_rules.runbooks
    TRAITS = templates_and_rules.runbook_traits


@base.register
class InspectionRule(Record):
    """Conditions: ``[{"op", "args", ...}]``. Actions likewise."""

    REPOSITORY = templates_and_rules.inspection_rules

    @classmethod
    @base.remotable
    def destroy_all(cls, context: Any) -> None:
        templates_and_rules.destroy_all_inspection_rules()
