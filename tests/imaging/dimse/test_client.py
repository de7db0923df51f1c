"""The client against DCMTK's servers, which know nothing of pynetdicom."""

import dataclasses
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import UID, generate_uid

from scarmass.domain.errors import ObjectRefused, PeerFailed, PeerRefused, PeerUnreachable
from scarmass.domain.pacs import DimsePeer, LocalEntity, Progress, Retrieval, StudyQuery, Tls
from scarmass.imaging.dimse.client import DimseClient
from tests.imaging.dimse.dcmtk import query_server, run, serving
from tests.imaging.dimse.keeper import Kept, contents, data_set, listening
from tests.imaging.dimse.network import own_network
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

OUR_PORT, STORE_PORT = 11191, 11192
US = LocalEntity(port=OUR_PORT)


@pytest.fixture
def network() -> Iterator[None]:
    with own_network():
        yield


@dataclass
class Archive:
    """dcmqrscp with one phantom's study."""

    client: DimseClient
    study_instance_uid: str
    objects: list[bytes]

    def by(self, retrieval: Retrieval) -> DimseClient:
        return DimseClient(dataclasses.replace(self.client.peer, retrieval=retrieval), US)


@pytest.fixture
def archive(network: None, tmp_path: Path, phantom_files: list[Path]) -> Iterator[Archive]:
    with query_server(tmp_path, US.ae_title, OUR_PORT) as port:
        client = DimseClient(DimsePeer("the archive", "PACS", "127.0.0.1", port), US)
        objects = contents(phantom_files)
        assert all(one.is_stored for one in client.send(objects, ignore))
        yield Archive(client, str(pydicom.dcmread(phantom_files[0]).StudyInstanceUID), objects)


def ignore(_: object) -> None: ...


def uids(objects: list[bytes]) -> list[str]:
    return sorted(str(pydicom.dcmread(io.BytesIO(content)).SOPInstanceUID) for content in objects)


def test_it_answers_us(archive: Archive) -> None:
    archive.client.echo()


@pytest.mark.parametrize(
    "query",
    [
        StudyQuery(),
        StudyQuery(patient_id="PHANTOM-001"),
        StudyQuery(patient_id="PHANTOM*"),
        StudyQuery(patient_name="Phantom*", modality=""),
    ],
)
def test_a_study_is_found(archive: Archive, query: StudyQuery) -> None:
    [found] = archive.client.find(query)
    first = pydicom.dcmread(io.BytesIO(archive.objects[0]))
    assert found.study_instance_uid == archive.study_instance_uid
    assert found.patient_name == str(first.PatientName)
    assert found.patient_birth_date == first.PatientBirthDate
    assert found.study_date == first.StudyDate


@pytest.mark.parametrize("query", [StudyQuery(patient_id="NOBODY"), StudyQuery(study_date="19000101-19001231")])
def test_what_is_not_there_is_not_found(archive: Archive, query: StudyQuery) -> None:
    assert archive.client.find(query) == []


def test_a_name_in_other_letters_is_asked_for_and_told(archive: Archive, phantom_files: list[Path]) -> None:
    for charset, name in (("ISO_IR 100", "Müller^Jörg"), ("ISO_IR 192", "Ναυσικά^Μαρία")):
        dataset = pydicom.dcmread(phantom_files[0])
        dataset.SpecificCharacterSet, dataset.PatientName, dataset.PatientID = charset, name, charset
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        out = io.BytesIO()
        dataset.save_as(out)
        archive.client.send([out.getvalue()], ignore)
        [found] = archive.client.find(StudyQuery(patient_id=charset))
        assert (found.study_instance_uid, found.patient_id) == (dataset.StudyInstanceUID, charset)
    assert archive.client.find(StudyQuery(patient_name="Ναυσικά*", patient_id="NOBODY")) == []


def test_a_study_is_sent_to_our_listener_by_c_move(archive: Archive) -> None:
    kept, told = Kept(), list[Progress]()
    with listening(kept, archive.client.peer, port=OUR_PORT):
        archive.by(Retrieval.MOVE).fetch(archive.study_instance_uid, ignore, told.append)
        wait_until(lambda: len(kept.objects) == len(archive.objects))
    assert sorted(kept.uids) == uids(archive.objects)
    assert told[-1] == Progress(len(archive.objects), len(archive.objects))


def test_a_study_comes_on_the_same_association_by_c_get(archive: Archive) -> None:
    got, told = list[bytes](), list[Progress]()
    archive.by(Retrieval.GET).fetch(archive.study_instance_uid, got.append, told.append)
    assert uids(got) == uids(archive.objects)
    assert told[-1] == Progress(len(archive.objects), len(archive.objects))


def test_what_report_and_receive_raise_breaks_off_and_comes_through(archive: Archive) -> None:
    class BrokenOff(Exception): ...

    def raises(_: object) -> None:
        raise BrokenOff

    got = list[bytes]()
    with pytest.raises(BrokenOff):
        archive.by(Retrieval.GET).fetch(archive.study_instance_uid, raises, ignore)
    with pytest.raises(BrokenOff):
        archive.by(Retrieval.GET).fetch(archive.study_instance_uid, got.append, raises)
    assert len(got) == 1
    with listening(Kept(), archive.client.peer, port=OUR_PORT), pytest.raises(BrokenOff):
        archive.by(Retrieval.MOVE).fetch(archive.study_instance_uid, ignore, raises)
    archive.client.echo()


def test_a_study_that_is_not_there_has_no_objects(archive: Archive) -> None:
    told = list[Progress]()
    archive.by(Retrieval.GET).fetch("1.2.3", lambda _: pytest.fail("nothing is there"), told.append)
    assert told[-1].done == 0


def test_a_peer_that_does_not_know_where_to_send_to_says_so(archive: Archive) -> None:
    stranger = DimseClient(archive.client.peer, LocalEntity("NOBODY"))
    with pytest.raises(PeerRefused, match="must be entered there"):
        stranger.fetch(archive.study_instance_uid, ignore, ignore)


def test_a_peer_that_cannot_reach_us_fails(archive: Archive) -> None:
    told = list[Progress]()
    with pytest.raises(PeerFailed, match="cannot send the study"):
        archive.by(Retrieval.MOVE).fetch(archive.study_instance_uid, ignore, told.append)


def store_peer(tls: Tls | None = None) -> DimsePeer:
    return DimsePeer("the store", "STORE", "127.0.0.1", STORE_PORT, tls=tls)


def test_objects_arrive_byte_for_byte(network: None, phantom_files: list[Path], tmp_path: Path) -> None:
    told = list[Progress]()
    with serving("storescp", STORE_PORT, "+B", "-od", tmp_path, "-aet", "STORE", STORE_PORT):
        answers = DimseClient(store_peer(), US).send(contents(phantom_files), told.append)
    assert [(one.is_stored, one.reason) for one in answers] == [(True, None)] * len(phantom_files)
    assert [one.sop_instance_uid for one in answers] == [pydicom.dcmread(path).SOPInstanceUID for path in phantom_files]
    assert told == [Progress(done, len(phantom_files)) for done in range(1, len(phantom_files) + 1)]
    arrived = sorted(data_set(content) for content in contents(tmp_path.iterdir()))
    assert arrived == sorted(data_set(content) for content in contents(phantom_files))


def test_a_peer_of_implicit_vr_alone_is_sent_it(network: None, phantom_files: list[Path], tmp_path: Path) -> None:
    with serving("storescp", STORE_PORT, "+xi", "-od", tmp_path, STORE_PORT):
        [answer] = DimseClient(store_peer(), US).send(contents(phantom_files[:1]), ignore)
    assert answer.is_stored
    [arrived] = tmp_path.iterdir()
    assert pydicom.dcmread(arrived).PixelData == pydicom.dcmread(phantom_files[0]).PixelData


def test_an_object_of_a_kind_that_the_peer_does_not_take_is_told_of_and_the_others_are_sent(
    network: None, phantom_files: list[Path], tmp_path: Path
) -> None:
    dataset = pydicom.dcmread(phantom_files[0])
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID("1.2.826.0.1.3680043.8.498.1")
    out = io.BytesIO()
    dataset.save_as(out)
    with serving("storescp", STORE_PORT, "-od", tmp_path, STORE_PORT):
        answers = DimseClient(store_peer(), US).send([out.getvalue(), *contents(phantom_files[:1])], ignore)
    assert [one.is_stored for one in answers] == [False, True]
    assert "does not take objects of this kind" in (answers[0].reason or "")


def test_more_kinds_than_an_association_has_contexts_go_in_several(
    network: None, phantom_files: list[Path], tmp_path: Path
) -> None:
    dataset, objects = pydicom.dcmread(phantom_files[0]), list[bytes]()
    for number in range(100):
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(f"1.2.826.0.1.3680043.8.498.1.{number}")
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        out = io.BytesIO()
        dataset.save_as(out)
        objects.append(out.getvalue())
    with serving("storescp", STORE_PORT, "-pm", "-od", tmp_path, STORE_PORT):
        answers = DimseClient(store_peer(), US).send(objects, ignore)
    assert all(one.is_stored for one in answers)
    assert len(list(tmp_path.iterdir())) == 100


@pytest.mark.parametrize("how", ["--abort-after", "--abort-during", "--refuse"])
def test_a_peer_that_gives_up_is_named(network: None, phantom_files: list[Path], tmp_path: Path, how: str) -> None:
    with (
        serving("storescp", STORE_PORT, how, "-od", tmp_path, STORE_PORT),
        pytest.raises((PeerFailed, PeerRefused), match="the store"),
    ):
        DimseClient(store_peer(), US).send(contents(phantom_files), ignore)


def test_what_is_no_dicom_is_not_sent(phantom_files: list[Path]) -> None:
    with pytest.raises(ObjectRefused, match="part 10"):
        DimseClient(store_peer(), US).send([phantom_files[0].read_bytes(), b"%PDF-1.7"], ignore)


def test_a_peer_that_does_not_listen_or_has_no_name_is_out_of_reach(unused_tcp_port: int) -> None:
    with pytest.raises(PeerUnreachable, match="nothing listens at"):
        DimseClient(DimsePeer("the store", "STORE", "127.0.0.1", unused_tcp_port), US).echo()
    with pytest.raises(PeerUnreachable, match="the name of the host"):
        DimseClient(DimsePeer("the store", "STORE", "no-such-host.invalid", 104), US).echo()


def test_objects_go_over_tls(network: None, phantom_files: list[Path], tmp_path: Path, tls: Tls) -> None:
    server = ("+tls", tls.key, tls.certificate, "+cf", tls.authority)
    with serving("storescp", STORE_PORT, *server, "-od", tmp_path, STORE_PORT):
        answers = DimseClient(store_peer(tls), US).send(contents(phantom_files), ignore)
    assert all(one.is_stored for one in answers)
    assert len(list(tmp_path.iterdir())) == len(phantom_files)


def test_a_peer_with_a_certificate_of_others_is_sent_nothing(
    network: None, tmp_path: Path, tls: Tls, tls_of_others: Tls
) -> None:
    server = ("+tls", tls_of_others.key, tls_of_others.certificate, "-ic")
    with (
        serving("storescp", STORE_PORT, *server, "-od", tmp_path, STORE_PORT),
        pytest.raises(PeerRefused, match="a certificate that our authority did not sign"),
    ):
        DimseClient(store_peer(tls), US).echo()


def test_a_peer_without_tls_is_not_spoken_to_in_the_open(network: None, tmp_path: Path, tls: Tls) -> None:
    with (
        serving("storescp", STORE_PORT, "-od", tmp_path, STORE_PORT),
        pytest.raises((PeerRefused, PeerUnreachable), match="the store"),
    ):
        DimseClient(store_peer(tls), US).echo()


def test_storescu_over_tls_is_taken_with_a_certificate_of_our_authority_alone(
    phantom_files: list[Path], tls: Tls, tls_of_others: Tls
) -> None:
    kept, scanner = Kept(), DimsePeer("the scanner", "SCANNER", "127.0.0.1", 104)
    whom = ("-aet", "SCANNER", "-aec", "SCARMASS", "127.0.0.1")
    with listening(kept, scanner, tls=tls) as port:
        theirs = ("+tls", tls_of_others.key, tls_of_others.certificate, "+cf", tls.authority)
        for refused in ((), ("+tla", "+cf", tls.authority), theirs):
            assert run("storescu", *refused, *whom, port, phantom_files[0]).returncode != 0
        assert kept.objects == []
        ours = ("+tls", tls.key, tls.certificate, "+cf", tls.authority)
        done = run("storescu", *ours, *whom, port, *phantom_files)
    assert done.returncode == 0, done.stderr
    assert len(kept.objects) == len(phantom_files)
