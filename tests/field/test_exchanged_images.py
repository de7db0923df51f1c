"""Of two images of one position the later one is used; a reader can have the other one, and nothing is lost."""

import csv
import io
import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydicom.uid import generate_uid
from sqlalchemy import select

from scarmass.domain.masks import from_rle
from scarmass.services.context import Context
from scarmass.storage.tables import StackChangeRow
from tests.fakes import EchoSegmenter
from tests.field.slices import SHAPE, dicom_slice, encoded

PLACES = [10.0 * index for index in range(5)]
AT = 2
TIMES = "100200", "100230.5"
PIXELS = 60
MASK = {"size": list(SHAPE), "counts": [0, PIXELS, SHAPE[0] * SHAPE[1] - PIXELS]}


class Case:
    """A study whose third slice was imaged twice, and its reading, prepared."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        study = generate_uid()
        slices = [dicom_slice(study, generate_uid(), z, AcquisitionTime=f"10000{at}") for at, z in enumerate(PLACES)]
        slices[AT].AcquisitionTime = TIMES[0]
        again = dicom_slice(study, generate_uid(), PLACES[AT], AcquisitionTime=TIMES[1])
        again.PixelData = bytes(len(again.PixelData))
        self.images = [str(slices[AT].SOPInstanceUID), str(again.SOPInstanceUID)]
        contents = [("files", (f"{at}.dcm", encoded(one))) for at, one in enumerate([*slices, again])]
        stacks = client.post("/api/v1/studies", files=contents).raise_for_status().json()["studies"][0]["stacks"]
        self.stack = next(one["stack_id"] for one in stacks if one["number_of_slices"] == len(PLACES))
        opened = client.post(f"/api/v1/stacks/{self.stack}/readings", json={"client_id": str(uuid.uuid4())})
        self.url = f"/api/v1/readings/{opened.raise_for_status().json()['id']}"

    def reading(self) -> dict[str, Any]:
        """As it is once it is prepared."""
        while (reading := self.client.get(self.url).json())["state"] == "preparing":
            pass
        return reading

    def edit(self, kind: str, **parts: Any) -> Any:
        body = {"client_id": str(uuid.uuid4()), "expected_revision": self.reading()["revision"], "kind": kind}
        return self.client.post(f"{self.url}/edits", json=body | parts, headers={"X-Reader": "Dr A"})

    def exchange(self, gone: str, used: str) -> Any:
        return self.edit("exchange", sop_instance_uid=gone, image={"sop_instance_uid": used, "frame_number": 1})

    def used(self) -> str:
        return self.reading()["images"][AT]["sop_instance_uid"]


@pytest.fixture
def case(client: TestClient) -> Case:
    return Case(client)


def test_the_stack_names_both_images_with_their_times_and_has_the_later_one(case: Case) -> None:
    stack = case.client.get(f"/api/v1/stacks/{case.stack}").json()
    (images,) = stack["repeats"]
    assert [(one["sop_instance_uid"], one["acquisition_time"]) for one in images] == list(
        zip(case.images, TIMES, strict=True)
    )
    assert stack["slices"][AT]["sop_instance_uid"] == case.used() == case.images[1]


def test_the_earlier_image_takes_the_place_and_gets_a_proposal_of_its_own(case: Case, context: Context) -> None:
    before = case.reading()
    earlier, later = case.images
    assert case.exchange(later, earlier).status_code == 200
    now = case.reading()
    assert case.used() == earlier
    assert [one["slice_spacing_mm"] for one in now["images"]] == [one["slice_spacing_mm"] for one in before["images"]]
    assert (now["slices"][AT]["state"], now["slices"][AT]["sop_instance_uid"]) == ("proposed", earlier)
    assert isinstance(context.segmenter, EchoSegmenter)
    assert len(set(context.segmenter.embedded)) == len(PLACES) + 1
    assert [one for at, one in enumerate(now["slices"]) if at != AT] == [
        one for at, one in enumerate(before["slices"]) if at != AT
    ]


def test_what_was_done_on_the_image_that_goes_counts_no_more_and_comes_back_with_undo(case: Case) -> None:
    earlier, later = case.images
    proposed = case.reading()["mass_g"]
    case.edit("paint", sop_instance_uid=later, mask=MASK).raise_for_status()
    case.edit("accept", sop_instance_uid=later).raise_for_status()
    painted = case.reading()
    assert painted["mass_g"] != proposed
    case.exchange(later, earlier).raise_for_status()
    now = case.reading()
    assert (now["mass_g"], now["reviewed"]) == (pytest.approx(proposed), 0)
    case.edit("undo").raise_for_status()
    again = case.reading()
    assert (again["mass_g"], again["reviewed"], again["slices"]) == (painted["mass_g"], 1, painted["slices"])


def test_the_images_can_be_exchanged_back_and_forth_each_with_its_own_outlines(case: Case) -> None:
    earlier, later = case.images
    case.edit("paint", sop_instance_uid=later, mask=MASK).raise_for_status()
    case.exchange(later, earlier).raise_for_status()
    case.edit("no_scar", sop_instance_uid=earlier).raise_for_status()
    case.exchange(earlier, later).raise_for_status()
    assert case.reading()["slices"][AT]["mask"] == MASK
    case.exchange(later, earlier).raise_for_status()
    assert case.reading()["slices"][AT]["state"] == "no_scar"


def test_history_stack_and_export_say_who_chose_which_image(case: Case, context: Context) -> None:
    earlier, later = case.images
    case.exchange(later, earlier).raise_for_status()
    (edit,) = case.client.get(f"{case.url}/edits").json()["edits"]
    assert (edit["kind"], [one["sop_instance_uid"] for one in edit["slices"]]) == ("exchange", [earlier])
    rows = list(csv.DictReader(io.StringIO(case.client.get(f"{case.url}/export").text)))
    told = [(row["image_of_position"], row["image_chosen_by"].rsplit(",")[0]) for row in rows]
    assert told == [("", "")] * AT + [("1 of 2", "Dr A (unauthenticated)")] + [("", "")] * (len(rows) - AT - 1)
    with context.database.transaction() as session:
        changes = session.scalars(select(StackChangeRow.change).where(StackChangeRow.stack_id == case.stack)).all()
    assert changes == [{"image": [earlier, 1], "instead_of": [later, 1]}]
    case.edit("undo").raise_for_status()
    rows = list(csv.DictReader(io.StringIO(case.client.get(f"{case.url}/export").text)))
    assert (rows[AT]["image_of_position"], rows[AT]["image_chosen_by"]) == ("2 of 2", "")


def test_an_image_of_another_position_takes_no_place(case: Case) -> None:
    other = case.reading()["images"][0]["sop_instance_uid"]
    refused = case.exchange(case.images[1], other)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:scarmass:problem:ImageNotRepeated")
    assert case.exchange(case.images[1], case.images[1]).status_code == 422
    assert case.exchange(case.images[1], "1.2.3").status_code == 422
    assert case.exchange(case.images[0], case.images[1]).status_code == 422
    assert case.edit("exchange", sop_instance_uid=case.images[1]).status_code == 422
    assert case.reading()["revision"] == 0


def test_an_exchange_is_no_growth_of_the_study(case: Case) -> None:
    """And none is forgotten for it."""
    case.exchange(case.images[1], case.images[0]).raise_for_status()
    assert case.reading()["growth"] is None
    study = case.client.get(f"/api/v1/stacks/{case.stack}").json()["study_instance_uid"]
    new = dicom_slice(study, generate_uid(), 50.0, AcquisitionTime="100030")
    case.client.post("/api/v1/studies", files=[("files", ("new.dcm", encoded(new)))]).raise_for_status()
    assert case.reading()["growth"] == {"images": 1, "slices": 1}
    case.exchange(case.images[0], case.images[1]).raise_for_status()
    assert case.reading()["growth"] == {"images": 1, "slices": 1}


def test_the_proposal_on_the_earlier_image_keeps_to_the_myocardium_as_all_others_do(case: Case) -> None:
    earlier, later = case.images
    case.exchange(later, earlier).raise_for_status()
    segments = case.reading()["slices"][AT]["segments"]
    masks = {structure: from_rle(one["mask"]) for structure, one in segments.items()}
    wall = masks["left_ventricle"] & ~masks["blood_pool"]
    scar = from_rle(case.reading()["slices"][AT]["mask"])
    assert scar.any()
    assert not (scar & ~wall).any()
