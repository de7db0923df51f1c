"""A study that comes in several requests ends in the same stacks as one that comes at once, whatever the parts."""

import random
from io import BytesIO
from itertools import pairwise

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import UID

from scarmass.services.context import Context
from scarmass.services.intake import take_in
from scarmass.storage import studies
from tests.field.synthetic import encoded, mr_slice

pytestmark = pytest.mark.slow


def images() -> list[dict]:
    """A late enhancement stack and its repeat, a phase-sensitive one, one of a series each slice, and a cine."""
    early, late = {"AcquisitionTime": "100000"}, {"AcquisitionTime": "101500", "AcquisitionNumber": 2}
    real = {"ImageType": ["ORIGINAL", "PRIMARY", "R_IR"], "ComplexImageComponent": "REAL"}
    stacks = [
        [("1", index, {"SeriesDescription": "LGE sax", **early}) for index in range(6)],
        [("1", index, {"SeriesDescription": "LGE sax", **late}) for index in range(6)],
        [("2", index, {"SeriesDescription": "LGE sax psir", **real}) for index in range(6)],
        [(f"3.{index}", index, {"SeriesDescription": f"LGE bh {index}"}) for index in range(4)],
        [("4", 2, {"SeriesDescription": "cine sax", "TriggerTime": 40 * phase}) for phase in range(5)],
    ]
    return [
        {"uid": f"{number}.{place}", "series": series, "index": index, "attributes": attributes}
        for number, stack in enumerate(stacks)
        for place, (series, index, attributes) in enumerate(stack)
    ]


def object_of(study: str, image: dict) -> bytes:
    dataset: Dataset = mr_slice(study, f"{study}.{image['series']}", image["index"], **image["attributes"])
    dataset.SeriesNumber = int(image["series"][0])
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"{study}.{image['uid']}")
    return encoded(dataset)


def stacks_after(context: Context, study: str, parts: list[list[dict]]) -> list[tuple]:
    """Take the parts in one after the other; answers what the study's stacks are then, in the names of its images."""
    for part in parts:
        intake = take_in(
            context.database, context.files, [(one["uid"], BytesIO(object_of(study, one))) for one in part]
        )
        assert not intake.rejected
        assert intake.stored == len(part)
    with context.database.transaction() as session:
        return [
            (
                [(one.header.sop_instance_uid.removeprefix(study), one.slice_spacing_mm) for one in stack.slices],
                (stack.description, stack.contrast, stack.is_lge, stack.is_lge_because, stack.warnings),
            )
            for stack in studies.get_study(session, study).stacks
        ]


def test_the_stacks_of_a_study_are_the_same_whatever_parts_it_comes_in(context: Context) -> None:
    every = images()
    at_once = stacks_after(context, "1.2.100", [every])
    assert sorted(len(slices) for slices, _ in at_once)[-3:] == [6, 6, 6]
    assert len(at_once) > 4
    for seed in range(3):
        draw = random.Random(seed)
        shuffled = draw.sample(every, len(every))
        cuts = [0, *sorted(draw.sample(range(1, len(every)), 5)), len(every)]
        parts = [shuffled[start:end] for start, end in pairwise(cuts)]
        assert stacks_after(context, f"1.2.10{seed + 1}", parts) == at_once
