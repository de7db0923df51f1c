"""Where an edit says nothing of a part, its row says SQL's null. Earlier versions wrote JSON's, which looks like a word."""

from alembic import op

revision = "0022"
down_revision = "0021"

PARTS = ("landmarks", "pattern", "wall", "taken_from")


def upgrade() -> None:
    nulls = ", ".join(f"{part} = nullif({part}, 'null'::jsonb)" for part in PARTS)
    written = " or ".join(f"{part} = 'null'::jsonb" for part in PARTS)
    op.execute(f"update edits set {nulls} where {written}")


def downgrade() -> None:
    """Earlier versions read both."""
