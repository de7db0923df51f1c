"""De-identified on the way in: nobody's name reaches the disk or the database, and what is measured stays the same."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
import pytest
from fastapi.testclient import TestClient
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from sqlalchemy import text

from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import Examiners
from scarmass.services.context import Context
from scarmass.storage.tables import Table
from tests.conftest import application
from tests.field.synthetic import encoded, enhanced, mr_slice
from tests.imaging.segmentation_objects import frame, oblique_slices, segmentation
from tests.imaging.test_deidentification import IDENTITIES, KEY

PLACES = range(4)
MASK = {"size": [40, 36], "counts": [0, 60, 40 * 36 - 60]}


@pytest.fixture
def nameless(context: Context) -> Iterator[TestClient]:
    """The application with de-identification on."""
    examiners = Examiners(Bounds(), 1, KEY)
    with TestClient(application(replace(context, examiners=examiners))) as client:
        yield client
    examiners.close()


def series(study: str, **attributes: Any) -> list[Dataset]:
    """Four slices of an LGE stack of the patient."""
    uid = generate_uid()
    words = {"SeriesDescription": "LGE sax Weissensteiner", "StudyDate": "20250314"}
    more: dict[str, Any] = IDENTITIES | words | attributes
    return [mr_slice(study, uid, at, **more) for at in PLACES]


def send(client: TestClient, datasets: list[Dataset], status: int = 201) -> Any:
    contents = [("files", (f"Weissensteiner_{at}.dcm", encoded(one))) for at, one in enumerate(datasets)]
    answer = client.post("/api/v1/studies", files=contents)
    assert answer.status_code == status, answer.text
    return answer.json()


def everything_stored(context: Context) -> bytes:
    """Every file of the store and every row of every table, in small letters."""
    files = b"".join(path.read_bytes() for path in context.files.root.rglob("*") if path.is_file())
    names = "\n".join(str(path) for path in context.files.root.rglob("*"))
    with context.database.transaction() as session:
        rows = [
            session.execute(text(f'select cast(to_json(t) as text) from "{table.name}" t')).scalars().all()
            for table in Table.metadata.sorted_tables
        ]
    return (files + names.encode() + json.dumps(rows, ensure_ascii=False).encode()).lower()


def test_no_identity_of_what_came_in_is_anywhere_in_what_is_stored(nameless: TestClient, context: Context) -> None:
    study = generate_uid()
    of_a_study: dict[str, Any] = {**IDENTITIES, "StudyInstanceUID": study}
    datasets = [*series(study), enhanced(4, **of_a_study)]
    send(nameless, datasets)
    stored = everything_stored(context)
    assert b"lge sax" in stored
    names = [part for value in IDENTITIES.values() for part in value.split("^") if len(part) > 3]
    uids = [
        str(element.value) for one in datasets for element in one.iterall() if element.keyword.endswith("InstanceUID")
    ]
    assert [one for one in [*names, *uids, "20250314"] if one.lower().encode() in stored] == []


def test_a_patients_studies_stay_together_and_those_of_another_apart(nameless: TestClient) -> None:
    first = send(nameless, series(generate_uid()))["studies"][0]
    second = send(nameless, series(generate_uid(), StudyDate="20250321"))["studies"][0]
    other = send(nameless, series(generate_uid(), PatientID="HOSP-778813"))["studies"][0]
    assert first["patient"] == second["patient"] != other["patient"]
    assert first["study_instance_uid"] != second["study_instance_uid"]
    assert first["patient"]["id"] == KEY.of_patient("HOSP-778812")


def test_what_is_sent_again_is_already_here(nameless: TestClient) -> None:
    datasets = series(generate_uid())
    first, again = (send(nameless, datasets) for _ in range(2))
    assert (again["studies"], again["rejected"]) == (first["studies"], [])
    assert again["studies"][0]["stacks"][0]["number_of_slices"] == len(PLACES)


def measured(client: TestClient, datasets: list[Dataset]) -> tuple:
    """The stack, but for its names, and what a mask on each of its slices weighs."""
    (listed,) = send(client, datasets)["studies"][0]["stacks"]
    stack = client.get(f"/api/v1/stacks/{listed['stack_id']}").json()
    url = f"/api/v1/stacks/{stack['stack_id']}/readings"
    reading = client.post(url, json={"client_id": str(uuid.uuid4())}).json()
    masks = [
        {"sop_instance_uid": one["sop_instance_uid"], "frame_number": 1, "mask": MASK} for one in reading["slices"]
    ]
    mass = client.post("/api/v1/mass", json={"stack_id": stack["stack_id"], "masks": masks}).json()["mass"]
    geometry = [{key: one[key] for key in one if key != "sop_instance_uid"} for one in stack["slices"]]
    pixels = [client.get(f"/api/v1/slices/{one['sop_instance_uid']}/1/pixels").content for one in stack["slices"]]
    return mass, geometry, pixels, stack["is_lge"], stack["contrast"], stack["warnings"]


def test_the_measurement_is_the_same_as_without(nameless: TestClient, client: TestClient) -> None:
    datasets = series(generate_uid(), RescaleSlope="1.5", RescaleIntercept="-3", SliceThickness=7)
    assert measured(nameless, datasets) == measured(client, datasets)


def test_the_object_that_is_handed_out_says_that_its_patient_was_taken_out(nameless: TestClient) -> None:
    stack_id = send(nameless, series(generate_uid()))["studies"][0]["stacks"][0]["stack_id"]
    uid = nameless.get(f"/api/v1/stacks/{stack_id}").json()["slices"][0]["sop_instance_uid"]
    handed_out = pydicom.dcmread(BytesIO(nameless.get(f"/api/v1/slices/{uid}/1/file").content))
    assert handed_out.PatientIdentityRemoved == "YES"
    assert handed_out.SOPInstanceUID == uid


def test_derived_images_are_warned_of_and_burned_in_names_refused(nameless: TestClient) -> None:
    derived = series(generate_uid(), ImageType=["DERIVED", "PRIMARY", "M"])
    stack_id = send(nameless, derived)["studies"][0]["stacks"][0]["stack_id"]
    warnings = nameless.get(f"/api/v1/stacks/{stack_id}").json()["warnings"]
    assert any("written in their pixels" in said for said in warnings)
    refused = send(nameless, series(generate_uid(), BurnedInAnnotation="YES"), 422)["rejected"]
    assert all("BurnedInAnnotation" in one["reason"] for one in refused)


def test_two_names_under_one_id_are_still_a_warning(nameless: TestClient) -> None:
    study = generate_uid()
    send(nameless, [*series(study)[:2], *series(study, PatientName="Nepomuk^Jan")[2:]])
    listed = nameless.get("/api/v1/studies").json()["studies"][0]
    warnings = nameless.get(f"/api/v1/stacks/{listed['stacks'][0]['stack_id']}").json()["warnings"]
    assert any("name 2 patients" in said for said in warnings)


def test_a_segmentation_is_refused_as_its_texts_may_name_the_patient(nameless: TestClient) -> None:
    (one,) = oblique_slices(1)
    content = segmentation([frame(one, np.ones(one.shape, bool))])
    answer = nameless.post("/api/v1/studies", files=[("files", ("seg.dcm", content))])
    assert answer.status_code == 422
    assert "segmentations are not de-identified" in answer.json()["rejected"][0]["reason"]
