"""What comes over the network is taken in by rules, once, and prepared when its study is quiet."""

import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.domain.errors import DatabaseUnavailable, PeerUnreachable, StorageFull, StoreUnavailable
from scarmass.domain.pacs import Reference
from scarmass.domain.pacs_rules import AcceptRule, Network, PrepareRule, Rules
from scarmass.domain.reading import ReadingState
from scarmass.domain.transfers import Arrival
from scarmass.imaging.examiner import Examiners
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.services.context import Context
from scarmass.services.pacs import arrive
from scarmass.services.pacs.arrive import Arrivals
from scarmass.storage import readings
from scarmass.storage.spool import Spool
from scarmass.storage.spool_notes import REQUESTED, request_to_json
from tests.api.signing import get, open_reading
from tests.fake_pacs import KEEPER, FakePacs, fails

pytestmark = pytest.mark.slow

SOURCE = "SCANNER"


@pytest.fixture
def spool(networked: Context) -> Spool:
    assert networked.spool is not None
    return networked.spool


@pytest.fixture
def arriving(networked: Context, spool: Spool) -> Arrivals:
    return Arrivals(networked, spool)


def put(spool: Spool, paths: list[Path], source: str = SOURCE) -> None:
    for path in paths:
        spool.put(source, [path.read_bytes()])


def changed(path: Path, **values: Any) -> bytes:
    dataset = pydicom.dcmread(path)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if "SOPInstanceUID" in values:
        dataset.file_meta.MediaStorageSOPInstanceUID = values["SOPInstanceUID"]
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def arrivals_of(context: Context) -> list[Arrival]:
    return arrive.page_of_arrivals(context, 10, None)


def make_quiet(context: Context) -> None:
    """As though a minute had passed."""
    with context.database.transaction() as session:
        session.execute(text("update arrivals set last_object_at = last_object_at - interval '60 seconds'"))


def test_a_study_that_comes_is_stored_and_told(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    put(spool, phantom_files)
    arriving.work(gather_s=0)
    (arrival,) = arrivals_of(networked)
    assert (arrival.source, arrival.objects, arrival.refused_count) == (SOURCE, len(phantom_files), 0)
    assert arrival.study is not None
    assert arrival.study.patient_id == pydicom.dcmread(phantom_files[0]).PatientID
    assert arrival.prepared_at is None
    assert list(spool.waiting()) == []


def test_objects_wait_for_those_beside_them(arriving: Arrivals, spool: Spool, phantom_files: list[Path]) -> None:
    put(spool, phantom_files[:1])
    arriving.work(gather_s=60)
    assert len(list(spool.waiting())) == 1


def test_what_no_rule_takes_in_is_refused_by_name_and_not_kept(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    networked.network = Network(rules=Rules(accept=(AcceptRule(calling=("SCANNER2",), name="scanner 2"),)))
    put(spool, phantom_files[:2])
    arriving.work(gather_s=0)
    (arrival,) = arrivals_of(networked)
    assert (arrival.objects, arrival.refused_count) == (0, 2)
    uids = [pydicom.dcmread(path).SOPInstanceUID for path in phantom_files[:2]]
    assert [one.name for one in arrival.refused] == uids
    assert arrival.refused[0].reason == "no rule takes in objects of modality MR like this one"
    assert not list(spool.folder.rglob("*.object"))
    assert list(networked.files.names()) == []


def test_of_a_source_of_which_nothing_is_taken_in_no_image_is_told(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    put(spool, phantom_files)
    spool.put("CT7", [changed(phantom_files[0], Modality="CT", SOPInstanceUID="2.25.7")])
    arriving.work(gather_s=0)
    by_source = {arrival.source: arrival.objects for arrival in arrivals_of(networked)}
    assert by_source == {SOURCE: len(phantom_files), "CT7": 0}


def test_what_cannot_be_used_is_refused_beside_what_can(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    put(spool, phantom_files[:2])
    whole = phantom_files[2].read_bytes()
    spool.put(SOURCE, [whole[: len(whole) // 2]])
    spool.put(SOURCE, [b"no DICOM at all"])
    arriving.work(gather_s=0)
    by_study = {arrival.study_instance_uid: arrival for arrival in arrivals_of(networked)}
    (nameless,) = by_study.pop("").refused
    assert nameless.reason == "no rule takes in objects of modality unknown like this one"
    (arrival,) = by_study.values()
    assert arrival.objects == 2
    assert [one.reason for one in arrival.refused] == ["the file is incomplete"]


def test_the_same_again_changes_nothing(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    for _ in range(2):
        put(spool, phantom_files)
        spool.put(SOURCE, [changed(phantom_files[0], Modality="CT", SOPInstanceUID="2.25.7")])
        arriving.work(gather_s=0)
    (arrival,) = arrivals_of(networked)
    assert (arrival.objects, arrival.refused_count, len(arrival.refused)) == (len(phantom_files), 1, 1)


@pytest.mark.parametrize("fact", [DatabaseUnavailable, StoreUnavailable, StorageFull])
def test_what_cannot_be_stored_now_waits(
    arriving: Arrivals, spool: Spool, phantom_files: list[Path], fact: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise fact("not now")

    put(spool, phantom_files)
    with monkeypatch.context() as patched:
        patched.setattr(arrive, "take_in", away)
        with pytest.raises(fact):
            arriving.work(gather_s=0)
    assert len(list(spool.waiting())) == len(phantom_files)
    arriving.work(gather_s=0)
    assert list(spool.waiting()) == []


def test_an_object_that_breaks_what_reads_it_is_set_aside_and_the_others_are_stored(
    networked: Context,
    arriving: Arrivals,
    spool: Spool,
    phantom_files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taking_in = arrive.take_in

    def breaks(database: Any, files: Any, uploads: Any, **options: Any) -> Any:
        opened = [(name, BytesIO(stream.read())) for name, stream in uploads]
        if any(name.endswith("666") for name, _ in opened):
            raise ZeroDivisionError
        return taking_in(database, files, opened, **options)

    monkeypatch.setattr(arrive, "take_in", breaks)
    put(spool, phantom_files[:1])
    spool.put(SOURCE, [changed(phantom_files[1], SOPInstanceUID="2.25.666")])
    put(spool, phantom_files[2:3])
    arriving.work(gather_s=0)
    (arrival,) = arrivals_of(networked)
    assert (arrival.objects, [one.name for one in arrival.refused]) == (2, ["2.25.666"])
    assert len(list((spool.folder / "aside").iterdir())) == 1


def test_a_quiet_study_is_prepared_before_anyone_opens_it(
    networked: Context, client: TestClient, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    put(spool, phantom_files)
    arriving.work(gather_s=0)
    (study,) = client.get("/api/v1/studies").json()["studies"]
    (stack,) = study["stacks"]
    assert stack["reading"] is None, "more of it may come"
    make_quiet(networked)
    arriving.work(gather_s=0)
    (arrival,) = arrivals_of(networked)
    assert (arrival.readings, arrival.because) == (1, "the rule “every study”")
    assert arrival.prepared_at is not None
    ready = wait_for_draft(client)
    opened = open_reading(client, stack["stack_id"], {"X-Reader": "Dr Anna"})
    assert (opened["id"], opened["opened_with"]) == (ready["id"], 200)
    assert {one["state"] for one in opened["slices"]} == {"proposed"}


def wait_for_draft(client: TestClient) -> dict:
    for _ in range(400):
        reading = client.get("/api/v1/studies").json()["studies"][0]["stacks"][0]["reading"]
        if reading is not None and get(client, reading["id"])["state"] == ReadingState.DRAFT.value:
            return reading
        time.sleep(0.05)
    raise AssertionError("the study was not prepared in 20 s")


def test_a_study_that_grows_waits_to_be_quiet_again_and_its_reading_stays(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    put(spool, phantom_files[:-1])
    arriving.work(gather_s=0)
    make_quiet(networked)
    arriving.work(gather_s=0)
    put(spool, phantom_files[-1:])
    arriving.work(gather_s=0)
    assert arrivals_of(networked)[0].prepared_at is None
    make_quiet(networked)
    arriving.work(gather_s=0)
    (arrival,) = arrivals_of(networked)
    assert (arrival.objects, arrival.readings) == (len(phantom_files), 0)
    with networked.database.transaction() as session:
        in_states = [readings.readings_in_state(session, state) for state in ReadingState]
    assert sum(map(len, in_states)) == 1


def test_another_source_of_a_study_keeps_it_from_being_quiet(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    put(spool, phantom_files[:5])
    arriving.work(gather_s=0)
    make_quiet(networked)
    put(spool, phantom_files[5:], "WORKSTATION")
    arriving.work(gather_s=0)
    assert [arrival.prepared_at for arrival in arrivals_of(networked)] == [None, None]


def test_a_rule_may_leave_studies_unprepared(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    networked.network = Network(rules=Rules(prepare=(PrepareRule(calling=(SOURCE,), name="not yet", prepares=False),)))
    put(spool, phantom_files)
    arriving.work(gather_s=0)
    (arrival,) = arrivals_of(networked)
    assert (arrival.readings, arrival.because) == (0, "no rule prepares it")


def test_what_is_stored_without_its_patient_is_not_named_by_its_identifiers(
    networked: Context, arriving: Arrivals, spool: Spool, phantom_files: list[Path]
) -> None:
    networked.examiners = Examiners(processes=1, pseudonyms=Pseudonyms("x" * 32))
    put(spool, phantom_files[:2])
    whole = phantom_files[2].read_bytes()
    spool.put(SOURCE, [whole[: len(whole) // 2]])
    arriving.work(gather_s=0)
    networked.examiners.close()
    header = pydicom.dcmread(phantom_files[0])
    told = repr(arrivals_of(networked))
    assert len(arrivals_of(networked)) == 2
    for identifier in (header.PatientID, header.StudyInstanceUID, pydicom.dcmread(phantom_files[2]).SOPInstanceUID):
        assert identifier not in told


def test_whoever_asks_what_is_kept_is_told_the_truth(
    networked: Context, arriving: Arrivals, spool: Spool, keeper: FakePacs, phantom_files: list[Path]
) -> None:
    headers = [pydicom.dcmread(path) for path in phantom_files[:2]]
    stored, lost = (Reference(header.SOPClassUID, header.SOPInstanceUID) for header in headers)
    never = Reference(stored.sop_class_uid, "2.25.42")
    put(spool, phantom_files[:2])
    spool.note(KEEPER.ae_title, REQUESTED, request_to_json("2.25.1", [stored, lost, never]))
    keeper.failure = fails(PeerUnreachable)
    networked.network = Network(peers=(KEEPER,))
    arriving.work(gather_s=0)
    assert [one.is_note for one in spool.waiting()] == [True], "it waits until the peer can be told"
    keeper.failure = None
    with networked.database.transaction() as session:
        query = text("select sha256 from instances where sop_instance_uid = :uid")
        networked.files.remove([session.scalar(query, {"uid": lost.sop_instance_uid}) or ""])
    Arrivals(networked, spool).work(gather_s=0)
    (told,) = keeper.told
    assert told.committed == (stored,)
    assert [reference for reference, _ in told.failed] == [lost, never]
    assert list(spool.waiting()) == []


@pytest.mark.parametrize("payload", [{}, {"transaction_uid": "2.25.1", "references": "?"}])
def test_a_note_that_makes_no_sense_stops_nothing(
    arriving: Arrivals, spool: Spool, payload: dict, phantom_files: list[Path], networked: Context
) -> None:
    spool.note(KEEPER.ae_title, REQUESTED, payload)
    put(spool, phantom_files[:1])
    arriving.work(gather_s=0)
    assert list(spool.waiting()) == []
    assert arrivals_of(networked)[0].objects == 1
