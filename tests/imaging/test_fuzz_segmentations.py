"""Whatever damage a SEG or RTSTRUCT has, it is read or refused with a reason, and what was read can be put on a stack.

SCARMASS_MUTATIONS sets how many damaged files are tried (2,000 by default).
"""

import os
import random
from pathlib import Path

import pytest

from scarmass.domain.errors import ObjectRefused
from scarmass.domain.segmentation import SegmentationObject
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import Examiner
from scarmass.imaging.segmentations import read_segmentation
from tests.imaging.fuzz import SECONDS, damage
from tests.imaging.segmentation_objects import disc, frame, oblique_slices, polygon, segmentation, structure_set

pytestmark = pytest.mark.slow

MUTATIONS = int(os.environ.get("SCARMASS_MUTATIONS", "2000"))


def test_damaged_segmentations_are_read_or_refused_by_name(tmp_path: Path) -> None:
    slices = oblique_slices(3)
    frames = [frame(one, disc(*one.shape, 12, 10, 5)) for one in slices]
    square = [(3.0, 2.0), (11.0, 2.0), (11.0, 9.0)]
    seeds = [
        segmentation(frames),
        segmentation(frames, kind="FRACTIONAL"),
        segmentation(frames, kind="LABELMAP"),
        structure_set([(1, polygon(one, square), one.key) for one in slices]),
    ]
    chance, path, examiner = random.Random(1), tmp_path / "damaged.dcm", Examiner(Bounds())
    reasons: list[str] = []
    for number in range(MUTATIONS):
        damaged = bytearray(seeds[number % len(seeds)])
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            damage(damaged, chance, 132, len(damaged))
        path.write_bytes(damaged)
        try:
            found = examiner.examine(path, SECONDS)
        except ObjectRefused as refused:
            reasons.append(str(refused))
            continue
        if isinstance(found, SegmentationObject):
            read_segmentation(bytes(damaged), slices)  # what was taken in can be read
    examiner.close()
    assert all(reasons)
    assert not any("program that reads it" in reason for reason in reasons)
    assert MUTATIONS / 20 < len(reasons) < MUTATIONS * 0.95
