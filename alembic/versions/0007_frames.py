"""A stored object holds one image or many: each frame has a header of its own."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "frames",
        sa.Column("sop_instance_uid", sa.String(), nullable=False),
        sa.Column("frame_number", sa.Integer(), nullable=False),
        sa.Column("header", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sop_instance_uid"], ["instances.sop_instance_uid"], name="fk_frames_sop_instance_uid"
        ),
        sa.PrimaryKeyConstraint("sop_instance_uid", "frame_number", name="pk_frames"),
    )
    op.execute("insert into frames select sop_instance_uid, 1, header from instances")
    op.drop_constraint("fk_slices_sop_instance_uid", "slices")
    op.create_foreign_key(
        "fk_slices_sop_instance_uid_frame_number",
        "slices",
        "frames",
        ["sop_instance_uid", "frame_number"],
        ["sop_instance_uid", "frame_number"],
    )
    op.drop_column("instances", "header")


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("select count(*) from frames where frame_number > 1")):
        raise RuntimeError("objects of several frames cannot be brought back to the version before: restore a backup")
    op.add_column("instances", sa.Column("header", JSONB(), nullable=True))
    op.execute(
        "update instances set header = frames.header from frames"
        " where frames.sop_instance_uid = instances.sop_instance_uid"
    )
    op.alter_column("instances", "header", nullable=False)
    op.drop_constraint("fk_slices_sop_instance_uid_frame_number", "slices")
    op.create_foreign_key(
        "fk_slices_sop_instance_uid", "slices", "instances", ["sop_instance_uid"], ["sop_instance_uid"]
    )
    op.drop_table("frames")
