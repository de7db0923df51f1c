"""Stacks of every kind that comes in, outlined: what leaves is tried on them."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from scarmass.domain.stack import SliceHeader, Stack, StudyHeader
from scarmass.domain.structures import Structure
from scarmass.imaging.codes import ARTIFICIAL_INTELLIGENCE
from scarmass.imaging.mr.enhanced import MULTI_FRAME
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.stacks import build_stacks
from scarmass.imaging.result import Edition, SourceImage, patient_and_study
from scarmass.imaging.seg.write import Algorithm, Outlined
from tests.field.slices import dicom_slice, encoded
from tests.field.synthetic import enhanced

PLACES = [10.0 * index for index in range(6)]
OBLIQUE = [0.713138, 0.686725, 0.140867, -0.346844, 0.520266, -0.780399]
STUDY = "1.2.826.0.1.3680043.8.498.1"
MODEL = Algorithm("segmenter", "a" * 64, ARTIFICIAL_INTELLIGENCE)
SIGNED = Edition(uuid.UUID(int=7), 1, "Dr Anna", datetime(2026, 1, 5, 12, 30, 15, tzinfo=UTC))
AMENDED = Edition(uuid.UUID(int=8), 2, "Dr Anna", datetime(2026, 1, 6, tzinfo=UTC), replaces=uuid.UUID(int=7))
DRAFT = Edition(uuid.UUID(int=7), 1, "Dr Anna", datetime(2026, 1, 5, 12, 0, tzinfo=UTC), draft_of="revision 3")


@dataclass(frozen=True)
class Drawn:
    """A stack as its objects had it, and what is outlined on it. Masks are noise: no two are the same."""

    stack: Stack
    patient: Dataset
    images: tuple[SourceImage, ...]
    outlines: dict[Structure, Outlined]


def slices(places: list[float] = PLACES, **attributes: object) -> list[Dataset]:
    series = generate_uid()
    return [dicom_slice(STUDY, series, z, **attributes) for z in places]  # type: ignore[arg-type]


def oblique() -> list[Dataset]:
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    found = slices(ImageOrientationPatient=OBLIQUE)
    for one, z in zip(found, PLACES, strict=True):
        one.ImagePositionPatient = [round(float(mm), 6) for mm in np.array([-20, -30, 5]) + z * normal]
    return found


def repeated() -> list[Dataset]:
    found = slices(AcquisitionTime="100000")
    return [*found, dicom_slice(STUDY, generate_uid(), PLACES[2], AcquisitionTime="100030")]


def joined() -> list[Dataset]:
    return [dicom_slice(STUDY, generate_uid(), z, SeriesNumber=20 + at) for at, z in enumerate(PLACES)]


def without(keyword: str) -> list[Dataset]:
    found = slices()
    for one in found:
        delattr(one, keyword)
    return found


def of_invalid_uids() -> list[Dataset]:
    found = slices()
    for at, one in enumerate(found):
        one.SOPInstanceUID, one.SeriesInstanceUID = f"1.02.series-A.{at:03}", "1.02.series-A"
    return found


def of_own_frames_of_reference() -> list[Dataset]:
    return [dicom_slice(STUDY, generate_uid(), z, FrameOfReferenceUID=generate_uid()) for z in PLACES]


def of_uneven_thickness() -> list[Dataset]:
    found = slices()
    found[3].SliceThickness = 6
    return found


STACKS: dict[str, Callable[[], list[Dataset]]] = {
    "straight": slices,
    "oblique": oblique,
    "reversed": lambda: slices(PLACES[::-1]),
    "gapped": lambda: slices([0.0, 10.0, 20.0, 50.0, 60.0]),
    "repeated": repeated,
    "joined": joined,
    "of one slice": lambda: slices([0.0]),
    "of one slice without thickness": lambda: slices([0.0], thickness_mm=None),
    "of odd size": lambda: slices(Rows=37, Columns=31),
    "of uneven thickness": of_uneven_thickness,
    "without thickness": lambda: slices(thickness_mm=None),
    "without frame of reference": lambda: without("FrameOfReferenceUID"),
    "of a frame of reference each": of_own_frames_of_reference,
    "of invalid UIDs": of_invalid_uids,
    "enhanced": lambda: [enhanced(5)],
    "enhanced of one frame": lambda: [enhanced(1)],
}


def drawn(kind: str) -> Drawn:
    """The largest stack of this kind's objects, arrived in any order, outlined."""
    objects = STACKS[kind]()
    random.Random(kind).shuffle(objects)
    sop_classes = {str(one.SOPInstanceUID): str(one.SOPClassUID) for one in objects}
    headers: list[SliceHeader] = [header for one in objects for header in read_object(encoded(one)).slices]
    stack = max(build_stacks(StudyHeader(STUDY), headers), key=lambda one: len(one.slices))
    images = tuple(
        SourceImage(one, sop_classes[one.key[0]], sop_classes[one.key[0]] in MULTI_FRAME) for one in stack.slices
    )
    return Drawn(stack, patient_and_study(objects[0]), images, outlines_on(images))


def outlines_on(images: tuple[SourceImage, ...]) -> dict[Structure, Outlined]:
    """The ventricle on every slice, its blood pool on all but one, no-reflow on the last; scar empty on the first."""
    rng = np.random.default_rng(3)
    noise = {image.slice.key: rng.random(image.slice.shape) for image in images}
    keys = list(noise)

    def masks(of: list, below: float) -> Outlined:
        return Outlined({key: noise[key] < below for key in of}, (MODEL,), True)

    found = {
        Structure.LEFT_VENTRICLE: masks(keys, 0.7),
        Structure.BLOOD_POOL: masks(keys[:1] + keys[2:], 0.4),
        Structure.SCAR: masks(keys, 0.2),
        Structure.NO_REFLOW: masks(keys[-1:], 0.05),
    }
    if len(keys) > 1:
        found[Structure.SCAR].masks[keys[0]][:] = False
    return found
