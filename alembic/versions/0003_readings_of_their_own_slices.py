"""A reading has slices of its own, and steps change it structure by structure."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

CLOCK = sa.text("clock_timestamp()")


def upgrade() -> None:
    _date_instances()
    _record_stack_changes()
    _give_readings_their_slices()
    _make_change_tables()
    _move_proposals()
    _move_edits()
    _hash_requests()
    op.drop_table("edit_slices")
    op.drop_table("proposals")


def _date_instances() -> None:
    """Nobody knows when an image of a stored study came; not after the readings that are there."""
    op.add_column(
        "instances", sa.Column("imported_at", sa.DateTime(timezone=True), server_default=CLOCK, nullable=False)
    )
    op.execute(
        "update instances set imported_at = studies.imported_at from studies"
        " where studies.study_instance_uid = instances.study_instance_uid"
    )


def _record_stack_changes() -> None:
    op.add_column("stacks", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "stack_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("stack_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("change", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["stack_id"], ["stacks.stack_id"], name=op.f("fk_stack_changes_stack_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stack_changes")),
    )
    op.create_index(op.f("ix_stack_changes_stack_id"), "stack_changes", ["stack_id"])


def _give_readings_their_slices() -> None:
    """Those that their stack has now, which is what they were measured on."""
    op.add_column(
        "readings", sa.Column("sliced_at", sa.DateTime(timezone=True), server_default=CLOCK, nullable=False)
    )
    op.execute("alter table readings alter column created_at set default clock_timestamp()")
    op.execute("alter table edits alter column created_at set default clock_timestamp()")
    op.create_table(
        "reading_slices",
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("sop_instance_uid", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("header", JSONB(), nullable=False),
        sa.Column("slice_spacing_mm", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_reading_slices_reading_id")),
        sa.ForeignKeyConstraint(
            ["sop_instance_uid"], ["instances.sop_instance_uid"], name=op.f("fk_reading_slices_sop_instance_uid")
        ),
        sa.PrimaryKeyConstraint("reading_id", "revision", "index", name=op.f("pk_reading_slices")),
    )
    op.create_index(op.f("ix_reading_slices_sop_instance_uid"), "reading_slices", ["sop_instance_uid"])
    op.execute(
        "insert into reading_slices"
        " select readings.id, 0, slices.index, slices.sop_instance_uid, instances.sha256,"
        " instances.header, slices.slice_spacing_mm"
        " from readings join slices using (stack_id) join instances using (sop_instance_uid)"
    )


SLICE_OF_A_STEP = ("reading_id", "revision", "sop_instance_uid", "frame_number")


def _slice_of_a_step() -> list[sa.Column]:
    types = (sa.Uuid(), sa.Integer(), sa.String(), sa.Integer())
    return [sa.Column(name, of, nullable=False) for name, of in zip(SLICE_OF_A_STEP, types, strict=True)]


def _make_change_tables() -> None:
    op.create_table(
        "slice_changes",
        *_slice_of_a_step(),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("is_excluded", sa.Boolean(), nullable=True),
        sa.Column("ordinal", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_slice_changes_reading_id")),
        sa.PrimaryKeyConstraint(*SLICE_OF_A_STEP, name=op.f("pk_slice_changes")),
    )
    op.create_table(
        "segment_changes",
        *_slice_of_a_step(),
        sa.Column("structure", sa.String(), nullable=False),
        sa.Column("segment", JSONB(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_segment_changes_reading_id")),
        sa.PrimaryKeyConstraint(*SLICE_OF_A_STEP, "structure", name=op.f("pk_segment_changes")),
    )


SEGMENT = """
    jsonb_build_object('mask', content->'mask', 'origin', {origin}, 'boxes', content->'boxes',
        'points', content->'points', 'score', content->'score', 'model', content->'model')
"""
HAS_MASK = "jsonb_typeof(content->'mask') = 'object'"


def _move_proposals() -> None:
    """A proposal is what a reading's revision 0 made of a slice."""
    op.execute(
        "insert into slice_changes (reading_id, revision, sop_instance_uid, frame_number, decision, is_excluded)"
        " select reading_id, 0, sop_instance_uid, frame_number, content->>'state', false"
        " from proposals order by ordinal"
    )
    segment = SEGMENT.format(origin="'proposed'")
    op.execute(
        "insert into segment_changes select reading_id, 0, sop_instance_uid, frame_number, 'scar',"
        f" {segment} from proposals where {HAS_MASK}"
    )


def _move_edits() -> None:
    """What an edit made of a slice was stored whole: of a decision only the decision is new."""
    edit_slices = "edit_slices join edits using (reading_id, revision)"
    op.execute(
        "insert into slice_changes (reading_id, revision, sop_instance_uid, frame_number, decision, is_excluded)"
        " select reading_id, revision, sop_instance_uid, frame_number,"
        " case when content->>'state' = 'excluded' then content->>'state_before' else content->>'state' end,"
        f" content->>'state' = 'excluded' from {edit_slices} order by reading_id, revision"
    )
    segment = SEGMENT.format(origin="case kind when 'propose' then 'proposed' when 'prompt' then 'prompt' else 'paint' end")
    op.execute(
        "insert into segment_changes select reading_id, revision, sop_instance_uid, frame_number, 'scar',"
        f" case when {HAS_MASK} then {segment} end"
        f" from {edit_slices} where kind not in ('accept', 'exclude', 'include') or not {HAS_MASK}"
    )


def _hash_requests() -> None:
    """The same hash that a request gets as it comes: of its fields that are not at their default, by name."""
    op.add_column("edits", sa.Column("request_sha256", sa.String(), nullable=True))
    connection = op.get_bind()
    stored = connection.execute(sa.text("select reading_id, revision, request from edits")).all()
    for reading_id, number, request in stored:
        connection.execute(
            sa.text("update edits set request_sha256 = :sha256 where reading_id = :id and revision = :number"),
            {"sha256": _sha256(request), "id": reading_id, "number": number},
        )
    op.alter_column("edits", "request_sha256", nullable=False)
    op.drop_column("edits", "request")


def _sha256(request: dict) -> str:
    body = {name: request[name] for name in ("client_id", "expected_revision", "kind")}
    if request.get("slice"):
        body["sop_instance_uid"], frame_number = request["slice"]
        body |= {"frame_number": frame_number} if frame_number != 1 else {}
    for name, whole in (("boxes", ("x0", "y0", "x1", "y1")), ("points", ("x", "y"))):
        if request.get(name):
            body[name] = [{**one, **{side: float(one[side]) for side in whole}} for one in request[name]]
    if request.get("mask") is not None:
        body["mask"] = request["mask"]
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("select count(*) from readings")):
        raise RuntimeError("readings cannot be brought back to the version before: restore a backup of it")
    op.drop_table("segment_changes")
    op.drop_table("slice_changes")
    op.drop_table("reading_slices")
    op.drop_table("stack_changes")
    op.drop_column("readings", "sliced_at")
    op.drop_column("stacks", "revision")
    op.drop_column("instances", "imported_at")
    op.drop_column("edits", "request_sha256")
    op.add_column("edits", sa.Column("request", JSONB(), nullable=False))
    op.create_table(
        "proposals",
        *[column for column in _slice_of_a_step() if column.name != "revision"],
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name=op.f("fk_proposals_reading_id")),
        sa.PrimaryKeyConstraint("reading_id", "sop_instance_uid", "frame_number", name=op.f("pk_proposals")),
    )
    op.create_table(
        "edit_slices",
        *_slice_of_a_step(),
        sa.Column("content", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reading_id", "revision"],
            ["edits.reading_id", "edits.revision"],
            name=op.f("fk_edit_slices_reading_id_revision"),
        ),
        sa.PrimaryKeyConstraint(
            "reading_id", "revision", "sop_instance_uid", "frame_number", name=op.f("pk_edit_slices")
        ),
    )
