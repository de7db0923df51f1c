"""How a stored stack is first looked at."""

from dataclasses import dataclass

from scarmass.domain.opening_view import Apex, GreyWindow, apex_of, heart_box, window_of
from scarmass.domain.prompts import Box
from scarmass.domain.stack import SliceKey
from scarmass.services.context import Context
from scarmass.services.readings.propose import detection_of, image_of
from scarmass.services.stacks import get_stack


@dataclass(frozen=True)
class OpeningView:
    """heart, ventricles: in corner-based image pixels. window: in rescaled values. None is what is not known.

    ventricles: where the left ventricle lies on each slice, the heart's region where it was not found on it.
    """

    heart: Box | None
    window: GreyWindow | None
    apex: Apex | None
    ventricles: dict[SliceKey, Box | None]


def opening_view(context: Context, stack_id: str) -> OpeningView:
    """Where the heart of a stack lies, and the window for it. Raises StackNotFound, PixelsUndecodable."""
    slices = get_stack(context, stack_id).slices
    detection = detection_of(context, slices)
    ventricles = detection.ventricles
    window = window_of([image_of(context, one) for one in slices], ventricles)
    if window and slices[0].header.photometric_interpretation == "MONOCHROME1":
        window = GreyWindow(-window.high, -window.low)
    lying = {one.key: detection.ventricle_at(index, one.header.pixel_spacing_mm) for index, one in enumerate(slices)}
    return OpeningView(heart_box(ventricles), window, apex_of(slices, ventricles), lying)
