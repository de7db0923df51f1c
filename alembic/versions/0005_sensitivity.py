"""How generously a reading's outlines are drawn, and which edit changed it.

Readings that were opened before stay as they were: at the model's own limit, and following nobody.
"""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("readings", sa.Column("sensitivity", sa.Float(), nullable=False, server_default="0"))
    op.add_column("readings", sa.Column("follows", sa.Boolean(), nullable=False, server_default="false"))
    op.alter_column("readings", "follows", server_default="true")
    op.add_column("edits", sa.Column("sensitivity", sa.Float(), nullable=True))
    op.add_column("edits", sa.Column("follows", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("edits", "follows")
    op.drop_column("edits", "sensitivity")
    op.drop_column("readings", "follows")
    op.drop_column("readings", "sensitivity")
