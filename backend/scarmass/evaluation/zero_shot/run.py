"""Backbones x prompt strategies on the slices that show scar, a row at a time; rows that are there are kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from scarmass.datasets.annotated import AnnotatedSlice, reference_regions
from scarmass.domain.overlap import dice, hausdorff_95_mm
from scarmass.domain.protocols import DetectedBox, Detector
from scarmass.domain.structures import Structure
from scarmass.evaluation.detection.stacks import detect_stacks
from scarmass.evaluation.zero_shot.backbone import Backbone, EmbeddedSlice, Stopwatch
from scarmass.evaluation.zero_shot.rows import Row, append_row, open_rows
from scarmass.evaluation.zero_shot.strategies import DETECTOR_BOX, drawn

SEED = 0

Found = Mapping[str, Sequence[DetectedBox]]


def run_zero_shot(
    backbones: Iterable[Backbone],
    strategies: Sequence[str],
    slices: Sequence[AnnotatedSlice],
    detector: Detector | None,
    folder: Path,
    progress: Callable[[str, int, int], None] = lambda name, done, of: None,
) -> list[Row]:
    """Every row of the folder after this run: those that it held, and those of these backbones and strategies.

    slices: whole patients, since their outlines place the windows; those with scar are prompted. backbones: each
    is taken when its turn comes. detector: needed where detector_box is among the strategies. progress: given the
    backbone, its slices done and how many they are. Raises RunConflict.
    """
    if DETECTOR_BOX in strategies and detector is None:
        raise ValueError(f"{DETECTOR_BOX} needs a detector")
    rows = open_rows(folder, slices, SEED)
    held = {row.key for row in rows}
    regions = reference_regions(slices)
    with_scar = [annotated for annotated in slices if annotated.masks[Structure.SCAR].any()]
    found = _found(detector, slices) if detector is not None and DETECTOR_BOX in strategies else {}
    for backbone in backbones:
        for done, annotated in enumerate(with_scar, 1):
            weights = {s: _weights(backbone, detector if s == DETECTOR_BOX else None) for s in strategies}
            name = annotated.patient, annotated.index
            wanted = [s for s in strategies if (backbone.model.name, s, weights[s], *name) not in held]
            if wanted:
                embedded = backbone.embed(annotated.image, regions[annotated.patient])
            for strategy in wanted:
                row = _row(backbone, embedded, strategy, weights[strategy], annotated, found)
                append_row(folder, row)
                rows.append(row)
            progress(backbone.model.name, done, len(with_scar))
    return rows


def _row(
    backbone: Backbone,
    embedded: EmbeddedSlice,
    strategy: str,
    weights: str,
    annotated: AnnotatedSlice,
    found: Found,
) -> Row:
    groups = drawn(strategy, annotated, found.get(annotated.image.key, ()), SEED)
    watch = Stopwatch()
    answer = backbone.answer(embedded, groups)
    decoding, scar = watch.seconds(), annotated.masks[Structure.SCAR]
    return Row(
        backbone=backbone.model.name,
        strategy=strategy,
        weights=weights,
        patient=annotated.patient,
        index=annotated.index,
        groups=len(groups),
        answered_pixels=int(answer.sum()),
        reference_pixels=int(scar.sum()),
        dice=dice(answer, scar),
        hd95_mm=hausdorff_95_mm(answer, scar, annotated.pixel_spacing_mm),
        embed_seconds=embedded.encoding.wall,
        embed_core_seconds=embedded.encoding.core,
        decode_seconds=decoding.wall,
        decode_core_seconds=decoding.core,
    )


def _weights(backbone: Backbone, detector: Detector | None) -> str:
    return backbone.model.sha256 if detector is None else f"{backbone.model.sha256}+{detector.model.sha256}"


def _found(detector: Detector, slices: Sequence[AnnotatedSlice]) -> Found:
    """The detector's boxes by the key of their slice."""
    found = zip(slices, detect_stacks(detector, slices), strict=True)
    return {annotated.image.key: boxes for annotated, boxes in found}
