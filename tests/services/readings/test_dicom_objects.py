"""What a reading leaves as holds its masks and its grams, as other software finds them."""

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydicom import Dataset, dcmread

from scarmass.domain.errors import NothingOutlined, ResultNotReadBack, SourceMissing
from scarmass.domain.masks import from_rle, to_rle
from scarmass.domain.pacs import ResultKind
from scarmass.domain.structures import Structure
from scarmass.imaging.result import Edition
from scarmass.imaging.seg.read_back import masks_by_highdicom, masks_by_pydicom
from scarmass.imaging.sr.read_back import Told, numbers_by_highdicom, numbers_by_pydicom
from scarmass.phantom.demonstration import OBLIQUE, DemoStudy
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.services.context import Context
from scarmass.services.readings import dicom_objects as leaving
from scarmass.services.readings.dicom_objects import dicom_objects
from tests.api.signing import accept_all, edit, problem_of, send, sign
from tests.dciodvfy import verdict
from tests.fakes import EchoSegmenter
from tests.field.slices import encoded
from tests.imaging.outlined import STACKS
from tests.kept import Kept
from tests.phantom_reader import CONTOURED, PhantomReader
from tests.services.readings.driving import prepared

SCARS = (Scar(Territory.LAD, transmurality=0.9, half_angle=1.0, half_height=0.35, no_reflow=True),)
EVERY = (*CONTOURED, Structure.NO_REFLOW)
DENSITY = 1.05

Objects = dict[ResultKind, bytes]


def subject() -> Phantom:
    return phantom(
        7,
        scars=SCARS,
        rows=90,
        columns=98,
        pixel_spacing_mm=(2.2, 2.0),
        number_of_slices=4,
        slice_thickness_mm=7.0,
        slice_gap_mm=2.5,
        orientation=OBLIQUE,
    )


@dataclass(frozen=True)
class Drawn:
    """draft: what the reading leaves as while it is as it was drawn. image: one of the files that it was read from."""

    stack_id: str
    draft: Objects
    image: Path


class Case:
    """A phantom on oblique, gapped slices whose reading is drawn as it truly is, with its insertion points."""

    def __init__(self, client: TestClient, context: Context, stack_id: str) -> None:
        self.client, self.context = client, context
        self.phantom = subject()
        self.reader = PhantomReader(client, stack_id, self.phantom)

    @property
    def id(self) -> uuid.UUID:
        return uuid.UUID(self.reader.url.rpartition("/")[2])

    def signed(self) -> dict[str, Any]:
        return sign(self.client, accept_all(self.client, self.reader.reading))

    def content(self, kind: ResultKind) -> bytes:
        return dicom_objects(self.context, self.id, [kind])[0].content

    def object(self, kind: ResultKind) -> Dataset:
        return dcmread(BytesIO(self.content(kind)))

    def export(self, format: str) -> Any:
        return self.client.get(f"{self.reader.url}/export", params={"format": format})


def drawn(client: TestClient, folder: Path) -> PhantomReader:
    """The case's reading, of files that are written into the folder."""
    study = DemoStudy("Müller^Zoë=王^小东", "TRUTH-7", "19500314", "F", "20260105", subject())
    reader = PhantomReader.of(client, study, folder)
    reader.contour(EVERY)
    reader.edit("landmark", landmarks=reader.points(1))
    return reader


@pytest.fixture(scope="module")
def kept_drawn(keeping: Callable[..., Kept[Drawn]], tmp_path_factory: pytest.TempPathFactory) -> Kept[Drawn]:
    folder = tmp_path_factory.mktemp("drawn")

    def happens(client: TestClient, context: Context) -> Drawn:
        reader = drawn(client, folder)
        reading_id = uuid.UUID(reader.reading["id"])
        draft = {kind: dicom_objects(context, reading_id, [kind])[0].content for kind in ResultKind}
        return Drawn(reader.stack_id, draft, next((folder / "TRUTH-7").iterdir()))

    return keeping(EchoSegmenter(), happens)


@pytest.fixture(scope="module")
def draft(kept_drawn: Kept[Drawn]) -> Objects:
    """What the reading leaves as while it is as it was drawn."""
    return kept_drawn.told.draft


@pytest.fixture
def case(client: TestClient, context: Context, kept_drawn: Kept[Drawn]) -> Case:
    kept_drawn.put_into(context)
    return Case(client, context, kept_drawn.told.stack_id)


def value(found: list[Told], label: str, name: str, method: str = "") -> float:
    (number,) = [told[3] for told in found if told[:3] == (label, name, method)]
    return number


pytestmark = pytest.mark.slow
AREA, MASS, VOLUME = "42798000", "118538004", "118565006"


def test_masks_are_those_of_the_phantom_on_the_slices_they_were_drawn_on(case: Case, draft: Objects) -> None:
    content = draft[ResultKind.SEG]
    for found in (masks_by_pydicom(content), masks_by_highdicom(content)):
        assert set(found) == set(EVERY)
        for structure in EVERY:
            for index, one in enumerate(case.reader.slices):
                key = one["sop_instance_uid"], one["frame_number"]
                assert np.array_equal(found[structure][key], case.phantom.masks[structure][index])


def test_grams_follow_from_the_phantom_s_own_geometry(case: Case, draft: Objects) -> None:
    content = draft[ResultKind.SR]
    for found in (numbers_by_pydicom(content), numbers_by_highdicom(content)):
        for structure, label in ((Structure.SCAR, "Scar"), (Structure.NO_REFLOW, "No-reflow")):
            area_mm2 = case.phantom.masks[structure].sum() * 2.2 * 2.0
            assert value(found, label, AREA) == pytest.approx(area_mm2, rel=1e-9)
            for method, extent_mm in (("by-thickness", 7.0), ("by-spacing", 9.5)):
                volume_ml = area_mm2 * extent_mm / 1000
                assert value(found, label, VOLUME, method) == pytest.approx(volume_ml, rel=1e-6)
                assert value(found, label, MASS, method) == pytest.approx(volume_ml * DENSITY, rel=1e-6)
        exact_g = case.phantom.mass_by_slice_thickness_g()
        assert value(found, "Scar", MASS, "by-thickness") == pytest.approx(exact_g, rel=0.05)


def test_percent_of_myocardium_and_the_segments_are_those_of_the_reading(case: Case, draft: Objects) -> None:
    found = numbers_by_pydicom(draft[ResultKind.SR])
    reading = case.reader.reading
    assert value(found, "Scar", "pct-myocardium", "by-thickness") == pytest.approx(
        reading["scar_percent_of_myocardium"]
    )
    segments = {one["segment"]: one for one in case.reader.get("segments17") if one["assessed"]}
    told = {label for label, *_ in found if label.startswith("Segment")}
    assert told == {f"Segment {number}: scar" for number in segments}
    for number, one in segments.items():
        grams = one["mass"]["by_slice_spacing"]["mass_g"]
        assert value(found, f"Segment {number}: scar", MASS, "by-spacing") == pytest.approx(grams)
        assert value(found, f"Segment {number}: scar", "percent-scar") == pytest.approx(one["percent_scar"])


@pytest.mark.parametrize("kind", ResultKind)
def test_dciodvfy_finds_neither_error_nor_warning(draft: Objects, kind: ResultKind, tmp_path: Path) -> None:
    assert verdict(draft[kind], tmp_path) == []


def test_a_signed_version_has_the_same_bytes_each_time_and_a_draft_is_another_object(
    case: Case, draft: Objects
) -> None:
    case.signed()
    for kind in ResultKind:
        content = case.content(kind)
        assert case.content(kind) == content
        signed, unsigned = dcmread(BytesIO(content)), dcmread(BytesIO(draft[kind]))
        assert signed.SOPInstanceUID != unsigned.SOPInstanceUID
        assert unsigned.SeriesDescription == f"DRAFT {signed.SeriesDescription}"


def test_an_edit_of_a_draft_makes_another_object(case: Case, draft: Objects) -> None:
    before = dcmread(BytesIO(draft[ResultKind.SEG])).SOPInstanceUID
    case.reader.edit("no_scar", **case.reader.slices[0])
    assert case.object(ResultKind.SEG).SOPInstanceUID != before


def test_patient_and_study_are_those_of_the_stored_images(kept_drawn: Kept[Drawn]) -> None:
    source = dcmread(kept_drawn.told.image)
    for content in kept_drawn.told.draft.values():
        found = dcmread(BytesIO(content))
        assert str(found.PatientName) == "Müller^Zoë=王^小东"
        for keyword in ("PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
            assert found[keyword].value == source[keyword].value


def test_an_amendment_refers_to_what_it_replaces(case: Case) -> None:
    signed = case.signed()
    first = {kind: case.object(kind).SOPInstanceUID for kind in ResultKind}
    newer = send(case.client, signed, "amend").raise_for_status().json()
    sign(case.client, accept_all(case.client, newer))
    seg, sr, pdf, key = (
        dcmread(BytesIO(dicom_objects(case.context, uuid.UUID(newer["id"]), [kind])[0].content)) for kind in ResultKind
    )
    assert seg.ReferencedImageSequence[0].ReferencedSOPInstanceUID == first[ResultKind.SEG]
    for found, kind in ((sr, ResultKind.SR), (pdf, ResultKind.PDF)):
        (series,) = found.PredecessorDocumentsSequence[0].ReferencedSeriesSequence
        assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first[kind]
    assert key.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == first[ResultKind.SR]


def test_the_encapsulated_report_is_the_pdf_and_key_images_show_the_slices_with_most_scar(case: Case) -> None:
    case.signed()
    document = case.object(ResultKind.PDF)
    assert document.EncapsulatedDocument[: document.EncapsulatedDocumentLength] == case.export("pdf").content
    objects = dicom_objects(case.context, case.id, [ResultKind.KEY_IMAGES])
    areas = case.phantom.masks[Structure.SCAR].sum((1, 2))
    most = sorted(np.argsort(areas)[-3:] + 1)
    images = [dcmread(BytesIO(one.content)) for one in objects]
    assert [one.InstanceNumber for one in images] == most
    shown = [one.SourceImageSequence[0].ReferencedSOPInstanceUID for one in images]
    assert shown == [case.reader.slices[number - 1]["sop_instance_uid"] for number in most]
    assert len({one.pixel_array.tobytes() for one in images}) == 3


def test_exports_are_named_by_state_and_are_the_objects(case: Case, draft: Objects) -> None:
    sent = case.export("seg")
    assert sent.headers["content-type"] == "application/dicom"
    assert 'filename="DRAFT_TRUTH-7_20260105_scar-mass' in sent.headers["content-disposition"]
    assert '_seg.dcm"' in sent.headers["content-disposition"]
    assert sent.content == draft[ResultKind.SEG]
    case.signed()
    assert case.export("sr").content == case.content(ResultKind.SR)
    assert "SIGNED_TRUTH-7" in case.export("sr").headers["content-disposition"]
    assert case.export("pdf-dicom").content == case.content(ResultKind.PDF)
    with ZipFile(io.BytesIO(case.export("key-images").content)) as archive:
        assert len(archive.namelist()) == 3
        assert archive.testzip() is None


def test_excluded_slices_do_not_leave_and_a_reading_without_outlines_is_refused_by_name(case: Case) -> None:
    for one in case.reader.slices[:-1]:
        case.reader.edit("exclude", **one)
    found = masks_by_pydicom(case.content(ResultKind.SEG))
    last = case.reader.slices[-1]["sop_instance_uid"], 1
    assert all(set(masks) == {last} for masks in found.values())
    case.reader.edit("exclude", **case.reader.slices[-1])
    assert problem_of(case.export("seg")) == (409, "NothingOutlined")
    assert problem_of(case.export("sr")) == (409, "NothingOutlined")
    with pytest.raises(NothingOutlined):
        dicom_objects(case.context, case.id, [ResultKind.SR])


def test_what_reads_back_otherwise_is_given_to_nobody(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    write = leaving.write_segmentation

    def with_a_bit_turned(*arguments: Any) -> bytes:
        dataset = dcmread(BytesIO(write(*arguments)))
        dataset.PixelData = bytes([dataset.PixelData[0] ^ 1]) + dataset.PixelData[1:]
        out = BytesIO()
        dataset.save_as(out)
        return out.getvalue()

    monkeypatch.setattr(leaving, "write_segmentation", with_a_bit_turned)
    assert problem_of(case.export("seg")) == (503, "ResultNotReadBack")
    with pytest.raises(ResultNotReadBack):
        dicom_objects(case.context, case.id, [ResultKind.SEG])


def test_what_reads_back_as_another_patient_s_is_given_to_nobody(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    write = leaving.write_report

    def of_another(edition: Edition, patient: Dataset, *others: Any) -> bytes:
        patient.PatientID = "OTHER"
        return write(edition, patient, *others)

    monkeypatch.setattr(leaving, "write_report", of_another)
    assert problem_of(case.export("sr")) == (503, "ResultNotReadBack")


def test_without_its_stored_images_nothing_is_made_up(case: Case) -> None:
    for name in list(case.context.files.names()):
        case.context.files.remove([name])
    assert problem_of(case.export("seg")) == (503, "SourceMissing")
    with pytest.raises(SourceMissing):
        dicom_objects(case.context, case.id, [ResultKind.KEY_IMAGES])


def test_masks_that_were_painted_come_back_as_they_were_sent(case: Case) -> None:
    mask = np.zeros((90, 98), bool)
    mask[:, 0] = mask[-1, :] = mask[40, 41] = True
    case.reader.edit("paint", structure="scar", mask=to_rle(mask), **case.reader.slices[3])
    key = case.reader.slices[3]["sop_instance_uid"], 1
    stored = from_rle(case.reader.reading["slices"][3]["mask"])
    assert np.array_equal(masks_by_pydicom(case.content(ResultKind.SEG))[Structure.SCAR][key], stored)
    assert np.array_equal(stored, mask)


def sent(client: TestClient, objects: list[Dataset]) -> dict[str, Any]:
    """The reading of the only stack that these objects make, with a mask painted on each slice, no two the same."""
    files = [("files", (f"{at}.dcm", encoded(one))) for at, one in enumerate(objects)]
    answer = client.post("/api/v1/studies", files=files).raise_for_status().json()
    stack = max(answer["studies"][0]["stacks"], key=lambda one: one["number_of_slices"])
    reading = prepared(client, stack["stack_id"])
    for one, mask in zip(reading["slices"], painted(reading), strict=True):
        name = {key: one[key] for key in ("sop_instance_uid", "frame_number")}
        edit(client, reading, "paint", structure="scar", mask=to_rle(mask), **name).raise_for_status()
    return reading


def painted(reading: dict[str, Any]) -> list[np.ndarray]:
    rng = np.random.default_rng(5)
    return [rng.random((one["rows"], one["columns"])) < 0.1 for one in reading["images"]]


@pytest.mark.parametrize("kind", ["joined", "repeated", "gapped", "of invalid UIDs", "without thickness", "enhanced"])
def test_every_kind_of_stack_leaves_as_it_was_painted(client: TestClient, context: Context, kind: str) -> None:
    reading = sent(client, STACKS[kind]())
    seg, sr = dicom_objects(context, uuid.UUID(reading["id"]), [ResultKind.SEG, ResultKind.SR])
    found = masks_by_pydicom(seg.content)[Structure.SCAR]
    for one, mask in zip(reading["slices"], painted(reading), strict=True):
        assert np.array_equal(found[one["sop_instance_uid"], one["frame_number"]], mask)
    now = client.get(f"/api/v1/readings/{reading['id']}").json()["totals"]
    told = numbers_by_highdicom(sr.content)
    for method, extent in (("by-thickness", "by_slice_thickness"), ("by-spacing", "by_slice_spacing")):
        grams = [number for label, name, by, number, _ in told if (label, name, by) == ("Scar", MASS, method)]
        assert grams == ([] if now[extent] is None else [now[extent]["mass_g"]])
