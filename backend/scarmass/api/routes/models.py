"""Detect, segment, mass: the models and the measure for other services, without a reading."""

from time import perf_counter

from fastapi import APIRouter

from scarmass.api.costly import AsksModelsWhileWaiting
from scarmass.api.dependencies import CanAsk, InContext
from scarmass.api.schemas.common import Mass, Model, Rle
from scarmass.api.schemas.models import (
    Detection,
    DetectRequest,
    MassRequest,
    Segmentation,
    SegmentRequest,
    SliceBoxes,
    StackMass,
)
from scarmass.domain.errors import PromptInvalid
from scarmass.domain.stack import headline_extent
from scarmass.domain.structures import Structure
from scarmass.services.measure import masks_on, measure_slice, measure_stack
from scarmass.services.readings import placement, propose
from scarmass.services.stacks import get_slice, get_stack

router = APIRouter(prefix="/api/v1", tags=["models"])


@router.post("/detect", dependencies=[AsksModelsWhileWaiting])
def detect(request: DetectRequest, _: CanAsk, context: InContext) -> Detection:
    """The boxes that are proposed on a whole stack or on single slices."""
    if (request.stack_id is None) == (request.slices is None):
        raise PromptInvalid("name either stack_id or slices")
    if request.stack_id is not None:
        stack = get_stack(context, request.stack_id)
        asked = [(stack, one) for one in stack.slices]
    else:
        asked = [get_slice(context, *named.key) for named in request.slices or []]
    structures = {Structure(name) for name in request.structures}
    return Detection(
        slices=[SliceBoxes.of(one, propose.detect(context, stack.slices, one, structures)) for stack, one in asked],
        model=Model.of(context.detector.model),
        segmenter=Model.of(context.segmenter.model),
    )


@router.post("/segment", dependencies=[AsksModelsWhileWaiting])
def segment(request: SegmentRequest, _: CanAsk, context: InContext) -> Segmentation:
    """The mask for boxes and points on one slice."""
    started = perf_counter()
    prompt = request.to_domain()
    stack, one = get_slice(context, *request.key)
    if not prompt.boxes and not prompt.points:
        raise PromptInvalid("a prompt needs a box or a point")
    if prompt.previous is not None:
        measure_slice(one, prompt.previous, context.density_g_per_ml)
    is_scar = prompt.structure is Structure.SCAR
    with context.precedence.click():
        answer = propose.segment(context, stack.slices, one, prompt)
        warnings = placement.warnings_of(context, stack.slices, one, answer.mask) if is_scar else ()
    measure = measure_slice(one, answer.mask, context.density_g_per_ml)
    return Segmentation(
        mask=Rle.of(answer.mask),
        score=answer.score,
        area_mm2=measure.area_mm2,
        mass=Mass.of(measure.mass),
        elapsed_ms=(perf_counter() - started) * 1000,
        model=Model.of(context.segmenter.model),
        is_likeliest=answer.is_likeliest,
        warnings=list(warnings),
    )


@router.post("/mass")
def mass(request: MassRequest, _: CanAsk, context: InContext) -> StackMass:
    """Grams of these masks on this stack, by both extents."""
    slices = get_stack(context, request.stack_id).slices
    run_lengths = {mask.key: mask.mask.model_dump() for mask in request.masks}
    if len(run_lengths) != len(request.masks):
        raise PromptInvalid("a slice has more than one mask")
    density = request.density_g_per_ml or context.density_g_per_ml
    measured = measure_stack(slices, masks_on(slices, run_lengths), density)
    return StackMass.of(measured, request.mass_extent or headline_extent(slices, context.mass_extent), density)
