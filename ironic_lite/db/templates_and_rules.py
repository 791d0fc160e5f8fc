# SPDX-License-Identifier: Apache-2.0
"""The rows of deploy templates, runbooks and inspection rules."""

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db import engine, retry, traits
from ironic_lite.db.models import DEPLOY_TEMPLATES, INSPECTION_RULES, RUNBOOK_TRAITS, RUNBOOKS
from ironic_lite.db.repository import Repository, among

deploy_templates = Repository(
    DEPLOY_TEMPLATES,
    "Deploy templates",
    lambda ident: exception.DeployTemplateNotFound(template=ident),
    known_by=("uuid", "name"),
    taken={
        "uuid": lambda row: exception.DeployTemplateAlreadyExists(uuid=row["uuid"]),
        "name": lambda row: exception.DeployTemplateDuplicateName(name=row["name"]),
    },
    filters={"name_in": among(DEPLOY_TEMPLATES.c.name)},
)

runbook_traits = traits.Traits(
    RUNBOOK_TRAITS,
    RUNBOOK_TRAITS.c.runbook_id,
    lambda ident: exception.RunbookNotFound(runbook=ident),
    lambda ident, trait: exception.RunbookTraitNotFound(runbook_id=ident, trait=trait),
)

runbooks = Repository(
    RUNBOOKS,
    "Runbooks",
    lambda ident: exception.RunbookNotFound(runbook=ident),
    known_by=("uuid", "name"),
    taken={
        "uuid": lambda row: exception.RunbookAlreadyExists(uuid=row["uuid"]),
        "name": lambda row: exception.RunbookDuplicateName(name=row["name"]),
    },
    derived=(runbook_traits.column(),),
    filters={
        "name_in": among(RUNBOOKS.c.name),
        "usable_by": lambda project: sa.or_(
            RUNBOOKS.c.owner == project, RUNBOOKS.c.public.is_(sa.true())
        ),
    },
)

inspection_rules = Repository(
    INSPECTION_RULES,
    "Inspection rules",
    lambda ident: exception.InspectionRuleNotFound(rule=ident),
    taken={"uuid": lambda row: exception.InspectionRuleAlreadyExists(uuid=row["uuid"])},
)


@retry.on_transient_error
def destroy_all_inspection_rules() -> None:
    with engine.writer() as connection:
        connection.execute(sa.delete(INSPECTION_RULES))
