"""A reading's key images as DICOM objects: Secondary Capture (PS3.3 A.8.1). No text is drawn into their pixels."""

import numpy as np
from highdicom.sc import ConversionTypeValues, SCImage
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from scarmass.domain.pacs import ResultKind
from scarmass.imaging.codes import REPLACED, SOURCE_IMAGE
from scarmass.imaging.result import (
    Edition,
    SourceImage,
    code_item,
    common_arguments,
    finished,
    patient_arguments,
    reference_to,
)

DIRECTIONS = ("LR", "PA", "HF")


def write_key_image(
    edition: Edition, patient: Dataset, image: SourceImage, number: int, picture: NDArray[np.uint8], pixel_mm: float
) -> bytes:
    """The file of one key image. number: of its slice, from 1. picture: (rows, columns, red green blue)."""
    arguments = common_arguments(edition, ResultKind.KEY_IMAGES, patient, number)
    capture = SCImage(
        picture,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        pixel_spacing=(pixel_mm, pixel_mm),
        patient_orientation=_patient_orientation(image),
        transfer_syntax_uid=ExplicitVRLittleEndian,
        **patient_arguments(patient),
        **{**arguments, "instance_number": number},
    )
    capture.ConversionType = ConversionTypeValues.WSD.value
    capture.BodyPartExamined = "HEART"
    capture.DateOfSecondaryCapture, capture.TimeOfSecondaryCapture = capture.ContentDate, capture.ContentTime
    capture.ImageType = ["DERIVED", "SECONDARY"]
    capture.BurnedInAnnotation = "NO"
    capture.ImageComments = edition.marked(f"Slice {number}, version {edition.version}")
    capture.DerivationDescription = "Outlines of scar, no-reflow, left ventricle and blood pool on the image"
    source = image.reference
    source.PurposeOfReferenceCodeSequence = [code_item(SOURCE_IMAGE)]
    capture.SourceImageSequence = [source]
    if (predecessor := edition.predecessor(ResultKind.SR)) is not None:
        replaced = reference_to(predecessor[1])
        replaced.PurposeOfReferenceCodeSequence = [code_item(REPLACED)]
        capture.ReferencedInstanceSequence = [replaced]
    return finished(capture, edition, patient)


def _patient_orientation(image: SourceImage) -> tuple[str, str]:
    """To where rows and columns run, by their main direction (PS3.3 C.7.6.1.1.1)."""
    cosines = np.reshape(image.slice.header.orientation, (2, 3))
    axes = np.abs(cosines).argmax(axis=1)
    row, column = (DIRECTIONS[axis][int(cosines[at, axis] < 0)] for at, axis in enumerate(axes))
    return row, column
