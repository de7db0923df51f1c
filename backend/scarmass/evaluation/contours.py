"""Contours of left ventricle and blood pool against the reference, as the segmenter outlines them slice by slice and as
they are proposed, smooth over the stack."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from scarmass.datasets.annotated import AnnotatedSlice
from scarmass.domain.contours import contours
from scarmass.domain.geometry import SlicePlane
from scarmass.domain.masks import Mask
from scarmass.domain.overlap import dice
from scarmass.domain.proposal import detect_stack
from scarmass.domain.protocols import Detector, Segmenter, VentricleOutline
from scarmass.domain.structures import Structure, myocardium

OUTLINED, PROPOSED = "outlined", "proposed"
DICE = ("left_ventricle", "blood_pool", "myocardium")

NOMINAL_SPACING_MM = 10.0
"""Between slices whose spacing was lost."""

Masks = Mapping[Structure, Mask]


def contour_scores(
    detector: Detector, segmenter: Segmenter, stacks: Iterable[Sequence[AnnotatedSlice]]
) -> pd.DataFrame:
    """A row for each slice that shows a ventricle and each way of outlining it, stack after stack."""
    rows = []
    for slices in stacks:
        outlines = list(_outlines(detector, segmenter, slices))
        proposed = contours(outlines, _planes(slices))
        for annotated, outline, proposal in zip(slices, outlines, proposed, strict=True):
            if not annotated.masks[Structure.LEFT_VENTRICLE].any():
                continue
            for how, masks in ((OUTLINED, _as_outlined(outline)), (PROPOSED, proposal)):
                scores = _scores(masks, annotated)
                rows.append({"patient": annotated.patient, "index": annotated.index, "how": how, **scores})
    return pd.DataFrame(rows)


def summary(scores: pd.DataFrame) -> str:
    """Mean and median Dice by slice, as a table in Markdown."""
    lines = ["| | slices | left ventricle | blood pool | myocardium |", "|---|---|---|---|---|"]
    for how, own in scores.groupby("how", sort=False):
        for word, figures in (("mean", own[list(DICE)].mean()), ("median", own[list(DICE)].median())):
            cells = " | ".join(f"{figures[name]:.3f}" for name in DICE)
            lines.append(f"| {how}, {word} | {len(own)} | {cells} |")
    return "\n".join(lines)


def _outlines(
    detector: Detector, segmenter: Segmenter, slices: Sequence[AnnotatedSlice]
) -> Iterator[VentricleOutline | None]:
    images = [annotated.image for annotated in slices]
    detection = detect_stack(detector, images)
    for index, image in enumerate(images):
        box = detection.ventricle_at(index, image.pixel_spacing_mm)
        yield segmenter.outline_ventricle(image, detection.region, box)


def _planes(slices: Sequence[AnnotatedSlice]) -> list[SlicePlane]:
    """The slices one above the other in their order."""
    spacing_mm = slices[0].slice_spacing_mm or NOMINAL_SPACING_MM
    return [
        SlicePlane(
            *annotated.pixels.shape,
            position_mm=(0.0, 0.0, annotated.index * spacing_mm),
            orientation=(1, 0, 0, 0, 1, 0),
            pixel_spacing_mm=annotated.pixel_spacing_mm,
            slice_thickness_mm=None,
        )
        for annotated in slices
    ]


def _as_outlined(outline: VentricleOutline | None) -> Masks | None:
    if outline is None:
        return None
    ventricle = outline.left_ventricle > 0
    return {Structure.LEFT_VENTRICLE: ventricle, Structure.BLOOD_POOL: ventricle & (outline.blood_pool > 0)}


def _scores(masks: Masks | None, annotated: AnnotatedSlice) -> dict[str, float]:
    nothing = np.zeros(annotated.pixels.shape, bool)
    found = masks or dict.fromkeys((Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL), nothing)
    return {
        **{str(structure): dice(mask, annotated.masks[structure]) for structure, mask in found.items()},
        "myocardium": dice(myocardium(found), annotated.myocardium),
    }
