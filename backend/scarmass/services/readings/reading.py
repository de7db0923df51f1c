"""A reading as it stands at a revision: its proposals with the live edits folded over them, and what they weigh."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from scarmass.domain.masks import Mask, from_rle, to_rle
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import Model, Segmentation
from scarmass.domain.reading import REVIEWED_STATES, SliceState, Standing, fold, standings
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.measure import SliceMeasure, StackMeasure, measure_slice, measure_stack, slice_key
from scarmass.storage import readings, studies
from scarmass.storage.readings import EditHead
from scarmass.storage.tables import Json, ProposalRow, ReadingRow, SliceRow, StackRow


@dataclass(frozen=True)
class SliceContent:
    """What a reading holds of one slice.

    model: which made the mask, None where none did. state_before: of an excluded slice, to which it can return.
    """

    state: SliceState = SliceState.PENDING
    boxes: tuple[Box, ...] = ()
    points: tuple[Point, ...] = ()
    mask: Mask | None = None
    score: float | None = None
    model: Model | None = None
    state_before: SliceState | None = None

    def to_json(self) -> Json:
        return {
            "state": self.state.value,
            "boxes": [[box.x0, box.y0, box.x1, box.y1] for box in self.boxes],
            "points": [[point.x, point.y, point.positive] for point in self.points],
            "mask": None if self.mask is None else to_rle(self.mask),
            "score": self.score,
            "model": None if self.model is None else {"name": self.model.name, "sha256": self.model.sha256},
            "state_before": None if self.state_before is None else self.state_before.value,
        }

    @staticmethod
    def from_json(content: Json) -> "SliceContent":
        return SliceContent(
            SliceState(content["state"]),
            tuple(Box(*box) for box in content["boxes"]),
            tuple(Point(*point) for point in content["points"]),
            None if content["mask"] is None else from_rle(content["mask"]),
            content["score"],
            None if content["model"] is None else Model(**content["model"]),
            SliceState(content["state_before"]) if content.get("state_before") else None,
        )

    @staticmethod
    def of(state: SliceState, prompt: Prompt, segmentation: Segmentation, model: Model) -> "SliceContent":
        return SliceContent(state, prompt.boxes, prompt.points, segmentation.mask, segmentation.score, model)


PENDING = SliceContent()


@dataclass(frozen=True)
class Reading:
    """One reading at one revision, with everything a page shows of it.

    made_at: the revision of the edit that made a slice what it is; proposals have none. proposed: the slices that were
    prepared, whatever a reader made of them since.
    """

    id: uuid.UUID
    state: str
    revision: int
    stack: StackRow
    contents: dict[SliceKey, SliceContent]
    made_at: dict[SliceKey, int]
    measure: StackMeasure
    proposed: frozenset[SliceKey]
    can_undo: bool
    can_redo: bool
    changed: list[SliceKey] = field(default_factory=list)
    authors: tuple[str, ...] = ()

    def content(self, row: SliceRow) -> SliceContent:
        return self.contents.get(slice_key(row), PENDING)

    @property
    def reviewed(self) -> int:
        return sum(self.content(row).state in REVIEWED_STATES for row in self.stack.slices)


def load_reading(context: Context, reading_id: uuid.UUID) -> Reading:
    """The reading as it is now. Raises ReadingNotFound."""
    with context.database.transaction() as session:
        return reading_at(context, session, readings.get_reading(session, reading_id))


def reading_at(
    context: Context,
    session: Session,
    row: ReadingRow,
    revision: int | None = None,
    seen: tuple[int, int] | None = None,
) -> Reading:
    """The reading after that many edits (all of them by default).

    seen: (proposals, edits) that somebody knows already; `changed` is what differs from them, by default what the last
    edit touched.
    """
    edits = readings.edit_heads(session, row.id, revision)
    proposals = readings.proposals_of(session, row.id)
    stack = studies.get_stack(session, row.stack_id)
    live, undone = fold([edit.kind for edit in edits])
    made_at = {name: edits[position].revision for position in live for name in edits[position].slices}
    contents = {(p.sop_instance_uid, p.frame_number): p.content for p in proposals}
    contents |= readings.contents_made(session, row.id, made_at)
    known = {key: SliceContent.from_json(content) for key, content in contents.items()}
    return Reading(
        id=row.id,
        state=row.state,
        revision=len(edits),
        stack=stack,
        contents=known,
        made_at=made_at,
        measure=measure_reading(context, stack, known),
        proposed=frozenset((p.sop_instance_uid, p.frame_number) for p in proposals),
        can_undo=bool(live),
        can_redo=bool(undone),
        changed=_changed(proposals, edits, seen or (len(proposals), len(edits) - 1)),
        authors=tuple(sorted({edit.author for edit in edits})),
    )


def past_edits(context: Context, reading_id: uuid.UUID) -> list[tuple[EditHead, Standing]]:
    """Every edit of a reading and how it stands now, the first one first. Raises ReadingNotFound."""
    with context.database.transaction() as session:
        readings.get_reading(session, reading_id)
        edits = readings.edit_heads(session, reading_id)
    return list(zip(edits, standings([edit.kind for edit in edits]), strict=True))


def measure_reading(context: Context, stack: StackRow, contents: dict[SliceKey, SliceContent]) -> StackMeasure:
    """Mass of the slices that count: those with a mask, the excluded left out."""
    found = {slice_key(row): contents.get(slice_key(row), PENDING) for row in stack.slices}
    masks = {
        key: content.mask
        for key, content in found.items()
        if content.mask is not None and content.state is not SliceState.EXCLUDED
    }
    return measure_stack(stack, masks, context.density_g_per_ml)


def slice_measure(context: Context, row: SliceRow, content: SliceContent) -> SliceMeasure | None:
    """Area and mass of one slice's mask, None where it has none."""
    return None if content.mask is None else measure_slice(row, content.mask, context.density_g_per_ml)


def _changed(proposals: Sequence[ProposalRow], edits: Sequence[EditHead], seen: tuple[int, int]) -> list[SliceKey]:
    """The slices that later proposals and edits touched; undo and redo touch what they take away or bring back."""
    kinds = [edit.kind for edit in edits]
    before, after = fold(kinds[: max(seen[1], 0)])[0], fold(kinds)[0]
    by_edits = {name for position in set(before) ^ set(after) for name in edits[position].slices}
    return sorted(by_edits | {(p.sop_instance_uid, p.frame_number) for p in proposals[seen[0] :]})
