"""Whether a study may be trained on, as it was said last; null where nobody said so."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0021"
down_revision = "0020"

SAID = """
update studies set training_consent = jsonb_build_object('state', state, 'author', author, 'at', created_at)
from (
    select distinct on (study_instance_uid)
        study_instance_uid as of_study, author, created_at, change -> 'training_consent' as state
    from study_changes where change -> 'training_consent' is not null
    order by study_instance_uid, id desc
) said
where study_instance_uid = of_study
"""
"""What was said before a downgrade took the column: it stays in the record."""


def upgrade() -> None:
    op.add_column("studies", sa.Column("training_consent", JSONB(), nullable=True))
    op.execute(SAID)


def downgrade() -> None:
    op.drop_column("studies", "training_consent")
