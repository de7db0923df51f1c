"""Detect, segment, mass: the models and the measure for other services, without a reading."""

from time import perf_counter

from fastapi import APIRouter

from scarmass.api import answers
from scarmass.api.dependencies import InContext
from scarmass.api.schemas import common as schemas
from scarmass.domain.errors import PromptInvalid
from scarmass.domain.masks import from_rle, to_rle
from scarmass.domain.prompts import Box, Point, Prompt
from scarmass.domain.protocols import DetectedBox
from scarmass.domain.structures import Structure
from scarmass.services.measure import masks_on, measure_slice, measure_stack
from scarmass.services.readings import propose
from scarmass.storage.tables import SliceRow

router = APIRouter(prefix="/api/v1", tags=["models"])


@router.post("/detect")
def detect(request: schemas.DetectRequest, context: InContext) -> schemas.Detection:
    """The boxes that are proposed on a whole stack or on single slices."""
    if (request.stack_id is None) == (request.slices is None):
        raise PromptInvalid("name either stack_id or slices")
    if request.stack_id is not None:
        stack = propose.load_stack(context, request.stack_id)
        asked = [(stack, row) for row in stack.slices]
    else:
        rows = [propose.load_slice(context, s.sop_instance_uid, s.frame_number) for s in request.slices or []]
        asked = [(row.stack, row) for row in rows]
    structures = {Structure(name) for name in request.structures}
    return schemas.Detection(
        slices=[_slice_boxes(row, propose.detect(context, stack, row, structures)) for stack, row in asked],
        model=answers.model(context.detector.model),
        segmenter=answers.model(context.segmenter.model),
    )


def _slice_boxes(row: SliceRow, boxes: list[DetectedBox]) -> schemas.SliceBoxes:
    return schemas.SliceBoxes(
        sop_instance_uid=row.sop_instance_uid,
        frame_number=row.frame_number,
        boxes=[
            schemas.DetectedBox(
                x0=found.box.x0,
                y0=found.box.y0,
                x1=found.box.x1,
                y1=found.box.y1,
                structure=found.structure,
                score=found.score,
            )
            for found in boxes
        ],
    )


@router.post("/segment")
def segment(request: schemas.SegmentRequest, context: InContext) -> schemas.Segmentation:
    """The mask for boxes and points on one slice."""
    started = perf_counter()
    prompt = Prompt(
        structure=request.structure,
        boxes=tuple(Box(b.x0, b.y0, b.x1, b.y1) for b in request.boxes),
        points=tuple(Point(p.x, p.y, p.positive) for p in request.points),
        previous=None if request.previous is None else from_rle(request.previous.model_dump()),
    )
    row = propose.load_slice(context, request.sop_instance_uid, request.frame_number)
    if not prompt.boxes and not prompt.points:
        raise PromptInvalid("a prompt needs a box or a point")
    if prompt.previous is not None:
        measure_slice(row, prompt.previous, context.density_g_per_ml)
    answer = propose.segment(context, row.stack, row, prompt)
    measure = measure_slice(row, answer.mask, context.density_g_per_ml)
    return schemas.Segmentation(
        mask=schemas.Rle(**to_rle(answer.mask)),
        score=answer.score,
        area_mm2=measure.area_mm2,
        mass=answers.mass(measure.mass),
        elapsed_ms=(perf_counter() - started) * 1000,
        model=answers.model(context.segmenter.model),
    )


@router.post("/mass")
def mass(request: schemas.MassRequest, context: InContext) -> schemas.StackMass:
    """Grams of these masks on this stack, by both extents."""
    stack = propose.load_stack(context, request.stack_id)
    run_lengths = {(m.sop_instance_uid, m.frame_number): m.mask.model_dump() for m in request.masks}
    if len(run_lengths) != len(request.masks):
        raise PromptInvalid("a slice has more than one mask")
    density = request.density_g_per_ml or context.density_g_per_ml
    measured = measure_stack(stack, masks_on(stack, run_lengths), density)
    return answers.stack_mass(measured, request.mass_extent or context.mass_extent, density)
