"""What the models say of stored slices: boxes, and a mask for a prompt."""

from collections.abc import Set

from scarmass.domain.prompts import Prompt
from scarmass.domain.proposal import proposed_boxes
from scarmass.domain.protocols import DetectedBox, Segmentation
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.measure import slice_key
from scarmass.services.slices import header_of, slice_image
from scarmass.storage import studies
from scarmass.storage.tables import SliceRow, StackRow

DETECTED = frozenset({Structure.LEFT_VENTRICLE, Structure.SCAR})


def detect(
    context: Context, stack: StackRow, row: SliceRow, structures: Set[Structure] = DETECTED
) -> list[DetectedBox]:
    """The boxes that are proposed around these structures on one slice."""
    detection = context.hearts.of(stack, context.files, context.detector)
    index = [slice_key(other) for other in stack.slices].index(slice_key(row))
    boxes = detection.boxes[index]
    if Structure.SCAR in structures:
        image = slice_image(context.files, row.instance)
        boxes = proposed_boxes(context.segmenter, image, detection, index)
    return [box for box in boxes if box.structure in structures]


def segment(context: Context, stack: StackRow, row: SliceRow, prompt: Prompt) -> Segmentation:
    """The segmenter's answer on one slice, in the window of its stack's heart. Raises PromptOutsideImage."""
    header = header_of(row.instance)
    prompt.require_inside(header.rows, header.columns)
    region = context.hearts.of(stack, context.files, context.detector).region
    return context.segmenter.segment(slice_image(context.files, row.instance), region, prompt)


def load_slice(context: Context, sop_instance_uid: str, frame_number: int) -> SliceRow:
    with context.database.transaction() as session:
        return studies.get_slice(session, sop_instance_uid, frame_number)


def load_stack(context: Context, stack_id: str) -> StackRow:
    with context.database.transaction() as session:
        return studies.get_stack(session, stack_id)
