"""Other programs store, look for and fetch studies over DICOMweb (PS3.18)."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from dicomweb_client import DICOMwebClient
from fastapi.testclient import TestClient
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEG2000Lossless

from scarmass.api.bounds import BodyBounds
from scarmass.domain.pacs import Reference, ResultKind, ResultObject
from scarmass.imaging.examiner import Examiners
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.services.context import Context
from scarmass.services.dicomweb import results
from scarmass.storage.files import INCOMING
from tests.api.dicomweb_requests import RELATED, body, comments, files_of, part, stored
from tests.api.fuzz_dicomweb import answers, small_contents
from tests.api.serving import serving
from tests.api.signing import accept_all, open_reading, sign
from tests.conftest import application, upload

STUDIES = "/dicomweb/studies"


@pytest.fixture
def other_program(context: Context, unused_tcp_port: int) -> Iterator[DICOMwebClient]:
    with serving(application(context), unused_tcp_port) as address:
        yield DICOMwebClient(f"{address}/dicomweb")


@pytest.fixture
def contents(phantom_files: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in phantom_files]


@pytest.fixture
def study(contents: list[bytes]) -> str:
    return str(dcmread(BytesIO(contents[0])).StudyInstanceUID)


def of_json(attributes: dict) -> Dataset:
    return Dataset.from_json(attributes)


def test_another_program_stores_finds_and_fetches_a_study(
    other_program: DICOMwebClient, contents: list[bytes], study: str
) -> None:
    sent = [dcmread(BytesIO(content)) for content in contents]
    answer = other_program.store_instances(sent, study_instance_uid=study)
    assert {item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence} == {
        each.SOPInstanceUID for each in sent
    }
    assert {item.ReferencedSOPClassUID for item in answer.ReferencedSOPSequence} == {sent[0].SOPClassUID}
    name = str(sent[0].PatientName)
    (found,) = map(of_json, other_program.search_for_studies(search_filters={"PatientName": f"{name[:3].lower()}*"}))
    assert (found.StudyInstanceUID, found.PatientName) == (study, sent[0].PatientName)
    assert found.NumberOfStudyRelatedInstances == len(sent)
    (series,) = map(of_json, other_program.search_for_series(study))
    assert (series.Modality, series.NumberOfSeriesRelatedInstances) == ("MR", len(sent))
    instances = [of_json(each) for each in other_program.search_for_instances(study, series.SeriesInstanceUID)]
    assert {each.SOPClassUID for each in instances} == {sent[0].SOPClassUID}
    fetched = other_program.retrieve_study(study, media_types=(("application/dicom", "*"),))
    assert {each.SOPInstanceUID: each.PixelData for each in fetched} == {
        each.SOPInstanceUID: each.PixelData for each in sent
    }
    one = other_program.retrieve_instance(study, series.SeriesInstanceUID, sent[0].SOPInstanceUID)
    assert one == sent[0]
    for metadata in map(of_json, other_program.retrieve_study_metadata(study)):
        whole = next(each for each in sent if each.SOPInstanceUID == metadata.SOPInstanceUID)
        assert metadata.ImagePositionPatient == whole.ImagePositionPatient
        assert "PixelData" not in metadata


def test_what_is_stored_comes_back_byte_for_byte(client: TestClient, contents: list[bytes], study: str) -> None:
    answer = client.post(STUDIES, content=body(*contents), headers=RELATED)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dicom+json")
    assert sorted(files_of(client.get(f"{STUDIES}/{study}"))) == sorted(contents)
    first = dcmread(BytesIO(contents[0]))
    place = f"{STUDIES}/{study}/series/{first.SeriesInstanceUID}/instances/{first.SOPInstanceUID}"
    assert files_of(client.get(place)) == [contents[0]]
    assert client.get(place, headers={"Accept": "application/dicom"}).content == contents[0]


def test_storing_again_changes_nothing(client: TestClient, contents: list[bytes], context: Context) -> None:
    first = client.post(STUDIES, content=body(*contents), headers=RELATED)
    before = client.get("/api/v1/studies").json(), sorted(context.files.names())
    again = client.post(STUDIES, content=body(*contents), headers=RELATED)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (client.get("/api/v1/studies").json(), sorted(context.files.names())) == before


def test_a_part_that_is_no_image_is_refused_by_name_and_the_others_are_kept(
    client: TestClient, contents: list[bytes]
) -> None:
    archive = b"PK\x03\x04" + bytes(40)
    parts = [part(contents[0]), part(b"hello", "text/plain"), part(contents[1][:5000]), part(archive), part(b"")]
    answer = client.post(STUDIES, content=b"".join(parts) + b"--x--\r\n", headers=RELATED)
    assert answer.status_code == 202
    assert stored(answer) == [dcmread(BytesIO(contents[0])).SOPInstanceUID]
    assert sorted(comments(answer)) == [
        "part 2: its Content-Type is not application/dicom",
        "part 3: the file is incomplete",
        "part 4: an archive, not a DICOM file",
        "part 5: the file is empty",
    ]


def test_nothing_of_another_study_is_stored(client: TestClient, contents: list[bytes], context: Context) -> None:
    answer = client.post(f"{STUDIES}/1.2.3", content=body(contents[0]), headers=RELATED)
    assert answer.status_code == 409
    assert comments(answer) == ["part 1: it is of another study than the one that it was sent to"]
    assert not list(context.files.names())
    assert client.get(STUDIES).json() == []


def test_other_content_under_a_known_uid_is_refused_and_names_the_instance(
    client: TestClient, contents: list[bytes]
) -> None:
    client.post(STUDIES, content=body(contents[0]), headers=RELATED).raise_for_status()
    other = dcmread(BytesIO(contents[0]))
    other.PixelData = other.PixelData[::-1]
    changed = BytesIO()
    dcmwrite(changed, other)
    answer = client.post(STUDIES, content=body(changed.getvalue()), headers=RELATED)
    assert answer.status_code == 409
    (failed,) = of_json(answer.json()).FailedSOPSequence
    assert failed.ReferencedSOPInstanceUID == other.SOPInstanceUID
    assert "already stored with other content" in comments(answer)[0]


def test_a_study_is_stored_under_its_pseudonym_where_the_site_wants_that(
    context: Context, contents: list[bytes], study: str
) -> None:
    pseudonyms = Pseudonyms("a secret of more than thirty-two characters")
    with TestClient(application(replace(context, examiners=Examiners(pseudonyms=pseudonyms)))) as client:
        answer = client.post(f"{STUDIES}/{study}", content=body(contents[0]), headers=RELATED)
        assert (answer.status_code, len(stored(answer))) == (200, 1)
        (fetched,) = files_of(client.get(f"{STUDIES}/{pseudonyms.of_uid(study)}"))
        kept = dcmread(BytesIO(fetched))
        assert kept.SOPInstanceUID == stored(answer)[0] != dcmread(BytesIO(contents[0])).SOPInstanceUID


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/dicom", 415),
        ("multipart/form-data; boundary=x", 415),
        ('multipart/related; type="application/dicom+json"; boundary=x', 415),
        ('multipart/related; type="application/dicom"', 400),
        ('multipart/related; type="application/dicom"; boundary=y', 400),
        ("", 415),
    ],
)
def test_a_body_of_another_type_is_refused(
    client: TestClient, contents: list[bytes], content_type: str, status: int
) -> None:
    answer = client.post(STUDIES, content=body(contents[0]), headers={"Content-Type": content_type})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_cut_or_empty_body_stores_nothing(client: TestClient, contents: list[bytes], context: Context) -> None:
    whole = body(*contents[:2])
    for sent in (whole[:-8], whole[: len(whole) // 2], b"--x--\r\n", b""):
        assert client.post(STUDIES, content=sent, headers=RELATED).status_code == 400
    assert not list(context.files.names())
    assert not list((context.files.root / INCOMING).iterdir())


def test_a_part_that_does_not_end_is_given_up_at_the_bound_of_uploads(context: Context) -> None:
    with TestClient(application(context, body_bounds=BodyBounds(upload_bytes=2**16))) as client:
        endless = (part(b"")[:-2] if number == 0 else bytes(2**12) for number in range(2**6))
        assert client.post(f"{STUDIES}/1.2", content=endless, headers=RELATED).status_code == 413
    assert not list((context.files.root / INCOMING).iterdir())


def test_more_parts_than_files_of_an_upload_are_refused(client: TestClient) -> None:
    answer = client.post(STUDIES, content=body(*[b""] * 50_001), headers=RELATED)
    assert (answer.status_code, answer.json()["detail"]) == (413, "at most 50000 files are taken at once")


def test_another_site_may_not_store(client: TestClient, contents: list[bytes]) -> None:
    headers = RELATED | {"Sec-Fetch-Site": "cross-site"}
    assert client.post(STUDIES, content=body(contents[0]), headers=headers).status_code == 403


def test_only_storing_takes_a_large_body(client: TestClient) -> None:
    assert client.post(f"{STUDIES}/1/series", content=bytes(3 * 2**20), headers=RELATED).status_code == 413
    assert client.request("GET", STUDIES, content=bytes(3 * 2**20)).status_code == 400


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("PatientID={id}", True),
        ("00100020={id}", True),
        ("PatientID={id}x", False),
        ("PatientID=*", True),
        ("PatientID=[A-Z]*", False),
        ("StudyDate={date}", True),
        ("StudyDate={date}-", True),
        ("StudyDate=-{date}", True),
        ("StudyDate=19000101-19000102", False),
        ("StudyInstanceUID=1.2,{study}", True),
        ("ModalitiesInStudy=MR", True),
        ("ModalitiesInStudy=CT", False),
        ("PatientName=&includefield=all&fuzzymatching=false", True),
        ("offset=1", False),
        ("limit=0", False),
    ],
)
def test_studies_are_found_by_what_matches(
    client: TestClient, contents: list[bytes], study: str, query: str, finds: bool
) -> None:
    client.post(STUDIES, content=body(contents[0]), headers=RELATED).raise_for_status()
    header = dcmread(BytesIO(contents[0]))
    asked = query.format(id=header.PatientID, date=header.StudyDate, study=study)
    found = client.get(f"{STUDIES}?{asked}").json()
    assert [of_json(each).StudyInstanceUID for each in found] == ([study] if finds else [])


def test_a_page_that_leaves_matches_out_says_so(client: TestClient, contents: list[bytes], study: str) -> None:
    client.post(STUDIES, content=body(*contents[:3]), headers=RELATED).raise_for_status()
    first, last = (client.get(f"/dicomweb/instances?limit=2&offset={offset}") for offset in (0, 2))
    assert "additional results" in first.headers["warning"]
    assert "warning" not in last.headers
    found = [of_json(each).SOPInstanceUID for each in first.json() + last.json()]
    assert sorted(found) == sorted(dcmread(BytesIO(content)).SOPInstanceUID for content in contents[:3])


@pytest.mark.parametrize(
    "query",
    [
        "StudyDate=yesterday",
        "limit=-1",
        "offset=x",
        "Nonsense=1",
        "SOPInstanceUID=1",
        "accept=%E6",
        "limit=" + "9" * 99,
    ],
)
def test_a_search_that_makes_no_sense_is_a_bad_request(client: TestClient, query: str) -> None:
    answer = client.get(f"{STUDIES}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_what_is_not_here_is_not_found(client: TestClient, contents: list[bytes], study: str) -> None:
    client.post(STUDIES, content=body(contents[0]), headers=RELATED).raise_for_status()
    for place in ("1.2", "1.2/metadata", f"{study}/series/1.2", f"{study}/series/1.2/instances/3/metadata"):
        assert client.get(f"{STUDIES}/{place}").status_code == 404
    assert client.get(f"{STUDIES}/1.2/series").json() == []
    assert client.get("/dicomweb/nothing", headers={"Accept": "text/html"}).json()["status"] == 404
    assert client.get(f"{STUDIES}/{'1' * 65}").status_code == 400
    assert client.get(f"{STUDIES}/a%00b").status_code == 400


def test_a_host_that_is_none_is_a_bad_request(client: TestClient) -> None:
    for place in (STUDIES, f"{STUDIES}/1.2", "/dicomweb/nothing"):
        assert client.get(place, headers={"Host": "[", "Accept": "text/html"}).status_code in (400, 404, 406)


def test_what_cannot_be_accepted_is_said(client: TestClient, contents: list[bytes], study: str) -> None:
    client.post(STUDIES, content=body(contents[0]), headers=RELATED).raise_for_status()
    for place, accept in (
        (STUDIES, "application/dicom+xml"),
        (f"{STUDIES}/{study}/metadata", "text/html"),
        (f"{STUDIES}/{study}", "application/dicom+json"),
        (f"{STUDIES}/{study}", "application/dicom"),
        (f"{STUDIES}/{study}", f'multipart/related; type="application/dicom"; transfer-syntax={JPEG2000Lossless}'),
        (STUDIES, "application/dicom+json; q=0"),
    ):
        assert client.get(place, headers={"Accept": accept}).status_code == 406, accept
    kept = f'text/html, multipart/related; type="application/dicom"; transfer-syntax={ExplicitVRLittleEndian}'
    assert files_of(client.get(f"{STUDIES}/{study}", headers={"Accept": kept})) == [contents[0]]
    assert client.get(STUDIES, headers={"Accept": "application/json"}).headers["content-type"] == "application/json"


def test_results_of_a_signed_reading_stand_in_its_study(
    client: TestClient, phantom_files: list[Path], study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = dcmread(phantom_files[0])
    header.Modality, header.SeriesInstanceUID, header.SOPInstanceUID = "SEG", "1.2.77", "1.2.78"
    header.file_meta.MediaStorageSOPInstanceUID = UID("1.2.78")
    written = BytesIO()
    dcmwrite(written, header)
    result = ResultObject(ResultKind.SEG, Reference(header.SOPClassUID, "1.2.78"), written.getvalue())
    monkeypatch.setattr(
        results, "objects_of_reading", lambda context, reading_id, kind: [result] if kind == ResultKind.SEG else []
    )
    reading = open_reading(client, upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"], {})
    assert len(files_of(client.get(f"{STUDIES}/{study}"))) == len(phantom_files)
    sign(client, accept_all(client, reading))
    assert result.content in files_of(client.get(f"{STUDIES}/{study}"))
    assert files_of(client.get(f"{STUDIES}/{study}/series/1.2.77")) == [result.content]
    (found,) = client.get(f"{STUDIES}/{study}/series?Modality=SEG").json()
    assert of_json(found).SeriesInstanceUID == "1.2.77"
    (metadata,) = client.get(f"{STUDIES}/{study}/series/1.2.77/instances/1.2.78/metadata").json()
    assert of_json(metadata).Modality == "SEG"


def test_no_mutated_request_is_answered_with_an_error_of_the_server(client: TestClient, tmp_path: Path) -> None:
    found = answers(client, small_contents(tmp_path), 200)
    assert found.total() == 200
    assert {200, 400, 404, 406} <= found.keys()
