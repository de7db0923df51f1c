"""DicomwebClient against Orthanc's DICOMweb plugin. Run by test_orthanc.py."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import RLELossless, generate_uid

from scarmass.domain.errors import PeerFailed, PeerRefused, PeerUnreachable
from scarmass.domain.pacs import DicomwebPeer, Progress, StudyQuery
from scarmass.imaging.dicomweb.client import DicomwebClient
from tests.pacs.orthanc import Orthanc, orthanc


def unwanted(_: object) -> None:
    pytest.fail("nothing was to come")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc"), StorageCompression=False) as running:
        yield running


@pytest.fixture
def web(server: Orthanc) -> DicomwebClient:
    return DicomwebClient(DicomwebPeer("Archive", server.dicomweb), waits_s=())


@pytest.fixture(scope="module")
def contents(phantom_files: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in phantom_files]


@pytest.fixture(scope="module")
def first(phantom_files: list[Path]) -> Dataset:
    return pydicom.dcmread(phantom_files[0])


@pytest.fixture
def stored(web: DicomwebClient, contents: list[bytes]) -> list[bytes]:
    """The files, which Orthanc has."""
    web.send(contents, lambda progress: None)
    return contents


def fetched(web: DicomwebClient, uid: str) -> tuple[dict[str, Dataset], list[Progress]]:
    objects: list[bytes] = []
    told: list[Progress] = []
    web.fetch(uid, objects.append, told.append)
    datasets = [pydicom.dcmread(BytesIO(content)) for content in objects]
    return {dataset.SOPInstanceUID: dataset for dataset in datasets}, told


def test_it_answers(web: DicomwebClient) -> None:
    web.echo()


def test_every_object_is_answered_for(web: DicomwebClient, contents: list[bytes]) -> None:
    told: list[Progress] = []
    answers = web.send(contents, told.append)
    assert [(answer.is_stored, answer.reason) for answer in answers] == [(True, None)] * len(contents)
    assert told[-1] == Progress(len(contents), len(contents))


def test_a_study_is_found_by_the_start_of_a_name(web: DicomwebClient, stored: list[bytes], first: Dataset) -> None:
    [study] = web.find(StudyQuery(patient_name=f"{str(first.PatientName)[:3]}*"))
    assert study.study_instance_uid == first.StudyInstanceUID
    assert (study.patient_name, study.patient_id) == (str(first.PatientName), first.PatientID)
    assert (study.modalities, study.number_of_instances) == (("MR",), len(stored))


@pytest.mark.parametrize("query", [StudyQuery(patient_name="Nobody*"), StudyQuery(modality="CT")])
def test_other_studies_are_not_found(web: DicomwebClient, stored: list[bytes], query: StudyQuery) -> None:
    assert web.find(query) == []


def test_what_was_sent_is_fetched_unchanged(web: DicomwebClient, stored: list[bytes], first: Dataset) -> None:
    objects, told = fetched(web, first.StudyInstanceUID)
    sent = [pydicom.dcmread(BytesIO(content)) for content in stored]
    assert objects == {dataset.SOPInstanceUID: dataset for dataset in sent}
    assert {one.file_meta.TransferSyntaxUID for one in objects.values()} == {first.file_meta.TransferSyntaxUID}
    assert told == [Progress(done, len(stored)) for done in range(1, len(stored) + 1)]


def test_compressed_pixels_stay_as_they_are(web: DicomwebClient, first: Dataset) -> None:
    compressed = deepcopy(first)
    compressed.compress(RLELossless)
    compressed.PatientName = "Compressed"
    compressed.StudyInstanceUID, compressed.SOPInstanceUID = generate_uid(), generate_uid()
    compressed.file_meta.MediaStorageSOPInstanceUID = compressed.SOPInstanceUID
    file = BytesIO()
    compressed.save_as(file)
    assert [answer.is_stored for answer in web.send([file.getvalue()], lambda progress: None)] == [True]
    [returned] = fetched(web, compressed.StudyInstanceUID)[0].values()
    assert returned.file_meta.TransferSyntaxUID == RLELossless
    assert returned.PixelData == compressed.PixelData


def test_what_is_sent_twice_is_there_once(web: DicomwebClient, stored: list[bytes], first: Dataset) -> None:
    assert all(answer.is_stored for answer in web.send(stored, lambda progress: None))
    assert len(fetched(web, first.StudyInstanceUID)[0]) == len(stored)


def test_a_study_that_it_does_not_have_is_refused(web: DicomwebClient) -> None:
    with pytest.raises(PeerRefused, match="has no such study"):
        web.fetch("1.2.3.4", unwanted, unwanted)


def test_a_port_where_nobody_listens_is_unreachable(web: DicomwebClient, unused_tcp_port: int) -> None:
    nobody = replace(web.peer, url=f"http://127.0.0.1:{unused_tcp_port}/dicom-web")
    with pytest.raises(PeerUnreachable, match="Archive: it does not answer"):
        DicomwebClient(nobody, waits_s=()).echo()


@pytest.mark.parametrize("path", ["/nothing-here", ""])
def test_another_path_of_the_server_is_no_dicomweb(server: Orthanc, path: str) -> None:
    with pytest.raises((PeerRefused, PeerFailed), match="address"):
        DicomwebClient(DicomwebPeer("Archive", server.url + path), waits_s=()).echo()
