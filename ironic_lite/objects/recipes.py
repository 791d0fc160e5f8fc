# SPDX-License-Identifier: Apache-2.0
"""What operators prepare for their nodes: deploy templates, runbooks, inspection rules."""

from typing import Any

from ironic_lite.db import recipes
from ironic_lite.objects import base, fields
from ironic_lite.objects.record import Record
from ironic_lite.objects.traits import Traited


@base.register
class DeployTemplate(Record):
    """Steps: ``[{"interface", "step", "args", "priority"}]``."""

    VERSION = "1.0"
    REPOSITORY = recipes.deploy_templates

    fields = {
        "name": fields.StringField(),
        "steps": fields.FlexibleListField(nullable=True),
        "extra": fields.FlexibleDictField(nullable=True),
    }


@base.register
class Runbook(Traited, Record):
    """Steps: ``[{"interface", "step", "args", "order"}]``. Traits are written by methods of their own."""

    VERSION = "1.0"
    UNCHANGEABLE = Record.UNCHANGEABLE | {"traits"}
    REPOSITORY = recipes.runbooks
    TRAITS = recipes.runbook_traits

    fields = {
        "name": fields.StringField(),
        "description": fields.StringField(nullable=True),
        "steps": fields.FlexibleListField(nullable=True),
        "disable_ramdisk": fields.BooleanField(),
        "extra": fields.FlexibleDictField(nullable=True),
        "public": fields.BooleanField(),
        "owner": fields.StringField(nullable=True),
        "traits": fields.FlexibleListField(nullable=True),
    }


@base.register
class InspectionRule(Record):
    """Conditions: ``[{"op", "args", ...}]``. Actions likewise."""

    VERSION = "1.0"
    REPOSITORY = recipes.inspection_rules

    fields = {
        "description": fields.StringField(nullable=True),
        "phase": fields.StringField(),
        "priority": fields.IntegerField(),
        "sensitive": fields.BooleanField(),
        "conditions": fields.FlexibleListField(nullable=True),
        "actions": fields.FlexibleListField(nullable=True),
    }

    @classmethod
    @base.remotable
    def destroy_all(cls, context: Any) -> None:
        """Delete every rule."""
        recipes.destroy_all_inspection_rules()
