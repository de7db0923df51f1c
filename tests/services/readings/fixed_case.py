"""One fixed case: a phantom's images, and each kind of object that its reading leaves as, under tests/data/pacs.

`python -m tests.services.readings.fixed_case` writes it anew, for viewers to be tried on it.
"""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydicom import dcmread

from scarmass.domain.landmarks import Landmark, Landmarks, Place
from scarmass.domain.mass import MassExtent
from scarmass.domain.protocols import Model
from scarmass.domain.reading import Origin, Reading, Segment, SliceContent, SliceState
from scarmass.domain.signature import Recipe
from scarmass.domain.stack import Slice, StudyHeader
from scarmass.domain.structures import Structure
from scarmass.imaging.encapsulated_pdf import write_encapsulated_pdf
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.stacks import build_stacks
from scarmass.imaging.result import Edition, SourceImage, patient_and_study
from scarmass.imaging.secondary_capture import write_key_image
from scarmass.imaging.seg.write import write_segmentation
from scarmass.imaging.sr.write import write_report
from scarmass.phantom.demonstration import OBLIQUE, DemoStudy, write_phantom
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.phantom.wall_segments import insertion_points_xy
from scarmass.services.measure import measure_stack
from scarmass.services.readings.load import MeasuredReading
from scarmass.services.readings.measurements import groups_of
from scarmass.services.readings.myocardium import measure_myocardium
from scarmass.services.readings.outlines import outlines_of

FOLDER = Path(__file__).parent.parent.parent / "data" / "pacs"
PIXEL_SPACING_MM, THICKNESS_MM, GAP_MM, DENSITY = (3.2, 2.8), 7.0, 3.0, 1.05
MARKED_ON = 2
MODEL = Model("segmenter", "a" * 64)
RECIPE = Recipe(DENSITY, MassExtent.SLICE_THICKNESS, Model("detector", "b" * 64), MODEL)
EDITION = Edition(
    uuid.UUID("11111111-2222-4333-8444-555555555555"), 1, "Dr Phantom", datetime(2026, 1, 5, 12, 30, tzinfo=UTC)
)
PDF = b"%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


def subject() -> Phantom:
    """Oblique and gapped, with an anterior scar that has no-reflow."""
    scars = (Scar(Territory.LAD, transmurality=0.9, half_angle=1.0, half_height=0.35, no_reflow=True),)
    return phantom(
        7,
        scars=scars,
        rows=62,
        columns=70,
        pixel_spacing_mm=PIXEL_SPACING_MM,
        number_of_slices=5,
        slice_thickness_mm=THICKNESS_MM,
        slice_gap_mm=GAP_MM,
        orientation=OBLIQUE,
    )


def images_of(folder: Path) -> list[Path]:
    """The phantom's images, written there."""
    study = DemoStudy("Fixed^Case", "FIXED-1", "19500314", "F", "20260105", subject())
    return write_phantom(folder, study)


def objects_of(images: list[Path]) -> dict[str, bytes]:
    """What the phantom's reading leaves as, by the name of its file; images: in slice order."""
    truth = subject()
    headers = [read_object(path.read_bytes()).slices[0] for path in images]
    source = dcmread(images[0])
    (stack,) = build_stacks(StudyHeader(str(source.StudyInstanceUID)), headers)
    index = {header.sop_instance_uid: at for at, header in enumerate(headers)}
    contents = {
        one.key: SliceContent(
            SliceState.ACCEPTED,
            segments={
                structure: Segment(truth.masks[structure][index[one.key[0]]], Origin.PROPOSED, score=0.9, model=MODEL)
                for structure in Structure
            },
        )
        for one in stack.slices
    }
    places = insertion_points_xy(truth, MARKED_ON)
    marked = next(one for one in stack.slices if index[one.key[0]] == MARKED_ON)
    anterior, inferior = (_landmark(marked, x, y) for x, y in places)
    landmarks = Landmarks(anterior, inferior)
    reading = Reading(EDITION.reading_id, stack.stack_id, stack.slices, contents=contents, landmarks=landmarks)
    measures = {one: measure_stack(reading.slices, reading.masks(one), DENSITY) for one in Structure}
    myocardium = measure_myocardium(reading, DENSITY, RECIPE.mass_extent)
    found = MeasuredReading(reading, measures, None, myocardium)
    sources = tuple(SourceImage(one, str(source.SOPClassUID), False) for one in stack.slices)
    patient, outlines = patient_and_study(source), outlines_of(reading)
    patient.TimezoneOffsetFromUTC = "+0000"  # wherever this runs
    grey = np.repeat(np.arange(64, dtype=np.uint8)[None, :, None], 64, axis=0)
    picture = np.concatenate([grey, grey, grey], axis=-1) * 4
    return {
        "seg.dcm": write_segmentation(EDITION, patient, sources, outlines),
        "sr.dcm": write_report(EDITION, patient, sources, groups_of(found, RECIPE, EDITION, sources, outlines)),
        "pdf.dcm": write_encapsulated_pdf(EDITION, patient, sources, PDF),
        "key_image.dcm": write_key_image(EDITION, patient, sources[2], 3, picture, 2.0),
    }


def _landmark(marked: Slice, x: float, y: float) -> Landmark:
    at_mm = marked.header.plane.patient_mm(np.array(x), np.array(y))
    return Landmark(Place(marked.key, x, y), (float(at_mm[0]), float(at_mm[1]), float(at_mm[2])))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in objects_of(images_of(FOLDER)).items():
        (FOLDER / name).write_bytes(content)
