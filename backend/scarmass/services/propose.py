"""What the models say of stored slices: boxes, and a mask for a prompt."""

from dataclasses import dataclass

from scarmass.domain.models import DetectedBox, Segmentation
from scarmass.domain.prompts import Prompt
from scarmass.services.context import Context
from scarmass.services.slices import header_of, slice_image
from scarmass.storage import studies
from scarmass.storage.tables import SliceRow, StackRow


@dataclass(frozen=True)
class SliceDetection:
    slice: SliceRow
    boxes: list[DetectedBox]


def detect(context: Context, stack: StackRow) -> list[SliceDetection]:
    """The detector's boxes on every slice of the stack."""
    detection = context.hearts.of(stack, context.files, context.detector)
    return [SliceDetection(row, boxes) for row, boxes in zip(stack.slices, detection.boxes, strict=True)]


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
