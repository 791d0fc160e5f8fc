# SPDX-License-Identifier: Apache-2.0
"""The rows of deploy templates, runbooks and inspection rules."""

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db import engine, retry, traits
from ironic_lite.db.models import DEPLOY_TEMPLATES, INSPECTION_RULES, RUNBOOK_TRAITS, RUNBOOKS
from ironic_lite.db.repository import Repository, among

deploy_templates = Repository(
    DEPLOY_TEMPLATES,
    "deploy template",
    known_by=("uuid", "name"),
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
    "runbook",
    exception.RunbookNotFound,
    known_by=("uuid", "name"),
    derived=(runbook_traits.column(),),
    filters={
        "name_in": among(RUNBOOKS.c.name),
        "usable_by": lambda project: sa.or_(
            RUNBOOKS.c.owner == project, RUNBOOKS.c.public.is_(sa.true())
        ),
    },
)

inspection_rules = Repository(INSPECTION_RULES, "rule")


@retry.on_transient_error
def destroy_all_inspection_rules() -> None:
    with engine.writer() as connection:
        connection.execute(sa.delete(INSPECTION_RULES))
