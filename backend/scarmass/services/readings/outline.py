"""The ventricle's contours on stored slices: all slices of a stack together, since each is smoothed with the others."""

import logging
from collections.abc import Mapping, Sequence

from scarmass.domain.contours import Contours, contours
from scarmass.domain.errors import Away
from scarmass.domain.protocols import VentricleOutline
from scarmass.domain.reading import Origin, Segment
from scarmass.domain.stack import Slice, SliceKey
from scarmass.domain.structures import Structure
from scarmass.services.context import Context
from scarmass.services.readings.propose import detection_of, image_of

log = logging.getLogger(__name__)


def proposed_contours(context: Context, slices: Sequence[Slice]) -> Mapping[SliceKey, Mapping[Structure, Segment]]:
    """The ventricle and its blood pool on each of a stack's slices, none where no ventricle is seen.

    None at all where outlining fails: that must cost no reader the scar. Raises Away.
    """
    try:
        found = _contours_of(context, slices)
    except Away:  # it can be done later
        raise
    except Exception:  # whatever the models met
        log.exception("no contours of the ventricle")
        return {}
    model = context.segmenter.model
    return {
        key: {structure: Segment(mask, Origin.PROPOSED, model=model) for structure, mask in (on_slice or {}).items()}
        for key, on_slice in found.items()
    }


def _contours_of(context: Context, slices: Sequence[Slice]) -> Mapping[SliceKey, Contours | None]:
    """Of every slice, remembered for the stack. Two that ask at once work it out twice: neither waits for the other."""
    key = context.detector.model, context.segmenter.model, tuple(one.pixels_key for one in slices)
    known = context.contours.get(key)
    if known is None:
        outlines = [ventricle_outline(context, slices, one) for one in slices]
        known = tuple(contours(outlines, [one.header.plane for one in slices]))
        context.contours.put(key, known)
    return dict(zip((one.key for one in slices), known, strict=True))


def ventricle_outline(context: Context, slices: Sequence[Slice], one: Slice) -> VentricleOutline | None:
    """Where ventricle and blood lie on one of the slices; None where no ventricle is seen, or none is outlined."""
    detection, index = detection_of(context, slices), [other.key for other in slices].index(one.key)
    box = detection.ventricle_at(index, one.header.pixel_spacing_mm)
    image = image_of(context, one)
    with context.precedence.piece():
        return context.segmenter.outline_ventricle(image, detection.region, box)
