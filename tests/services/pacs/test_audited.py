"""What comes and goes over the network is in the audit trail, though nobody asked for it over HTTP."""

import uuid
from pathlib import Path

import pydicom
import pytest

from scarmass.domain.audit import Action, Event, Head, Outcome, Sought
from scarmass.domain.errors import PeerUnreachable
from scarmass.domain.pacs import DimsePeer
from scarmass.domain.pacs_rules import AcceptRule, Network, Rules
from scarmass.services.audit import page_of_events, verify
from scarmass.services.context import Context
from scarmass.services.pacs import ask, fetch, send
from scarmass.services.pacs.arrive import Arrivals, page_of_arrivals
from scarmass.storage.spool import Spool
from tests.fake_pacs import FakePacs, fails
from tests.imaging.segmentation_objects import segmentation_of

pytestmark = pytest.mark.slow

SCANNER = DimsePeer("the scanner", "SCANNER", "192.0.2.9", 104)


@pytest.fixture
def spool(networked: Context) -> Spool:
    assert networked.spool is not None
    return networked.spool


def events(context: Context, action: Action) -> list[Event]:
    """Of the server's own, the oldest first."""
    found = page_of_events(context, Sought(actions=(action,)), 100, None)
    return [row.event for row in found if "route" not in row.event.about][::-1]


def test_what_is_sent_is_recorded_and_each_attempt_that_fails(
    networked: Context, signed: uuid.UUID, pacs: FakePacs
) -> None:
    (transfer,) = ask.page_of_transfers(networked, 10, None)
    pacs.failure = fails(PeerUnreachable)
    send.send_next(networked, transfer.id)
    pacs.failure = None
    send.send_next(networked, transfer.id)
    told = [(one.person, one.outcome, one.reason) for one in events(networked, Action.SEND)]
    assert told == [("ScarMass", Outcome.FAILED, "PeerUnreachable"), ("ScarMass", Outcome.SUCCESS, "")]
    sent = events(networked, Action.SEND)[-1]
    assert sent.subject.study_instance_uid == transfer.study_instance_uid
    assert transfer.study is not None
    assert sent.subject.patient_id == transfer.study.patient_id
    assert sent.about["peer"] == "PACS"
    assert sent.about["asked_by"] == ask.BY_RULE
    assert sent.about["objects"] == "3"


def test_a_study_that_is_fetched_and_comes_is_recorded_twice(
    networked: Context, pacs: FakePacs, spool: Spool, phantom_files: list[Path]
) -> None:
    first = pydicom.dcmread(phantom_files[0])
    uid = str(first.StudyInstanceUID)
    pacs.studies[uid] = [path.read_bytes() for path in phantom_files]
    transfer = ask.ask_fetch(networked, uuid.uuid4(), "PACS", uid, "Dr Anna")
    fetch.fetch_next(networked, transfer.id)
    Arrivals(networked, spool).work(gather_s=0)
    (fetched,) = events(networked, Action.FETCH)
    assert (fetched.subject.study_instance_uid, fetched.about["asked_by"]) == (uid, "Dr Anna")
    (came,) = events(networked, Action.IMPORT)
    assert (came.person, came.address) == (pacs.peer.ae_title, pacs.peer.host)  # type: ignore[union-attr]
    assert (came.subject.patient_id, came.subject.study_instance_uid) == (first.PatientID, uid)


def test_what_comes_and_is_refused_is_recorded_as_refused(
    networked: Context, spool: Spool, phantom_files: list[Path]
) -> None:
    networked.network = Network(peers=(SCANNER,), rules=Rules(accept=(AcceptRule(name="only CT", modalities=("CT",)),)))
    spool.put("SCANNER", [phantom_files[0].read_bytes()])
    Arrivals(networked, spool).work(gather_s=0)
    (came,) = events(networked, Action.IMPORT)
    assert (came.person, came.address, came.outcome) == ("SCANNER", "192.0.2.9", Outcome.REFUSED)
    assert (came.reason, came.about["refused"]) == ("ObjectRefused", "1")
    assert came.subject.patient_id == "", "nothing of the study is here"


def test_a_segmentation_that_comes_before_its_images_is_recorded_as_taken_in(
    networked: Context, spool: Spool, phantom_files: list[Path]
) -> None:
    spool.put("SCANNER", [segmentation_of(phantom_files[0])])
    Arrivals(networked, spool).work(gather_s=0)
    image = pydicom.dcmread(phantom_files[0])
    (came,) = events(networked, Action.IMPORT)
    assert (came.outcome, came.reason, came.about["refused"]) == (Outcome.SUCCESS, "", "0")
    assert (came.subject.patient_id, came.subject.study_instance_uid) == (image.PatientID, image.StudyInstanceUID)
    (arrival,) = page_of_arrivals(networked, 10, None)
    assert (arrival.study_instance_uid, arrival.objects, arrival.refused_count) == (image.StudyInstanceUID, 0, 0)


def test_who_was_not_let_in_is_recorded(networked: Context, spool: Spool) -> None:
    spool.note("STRANGER", "refused", {"address": "192.0.2.66", "reason": "PeerUnknown"})
    Arrivals(networked, spool).work(gather_s=0)
    (event,) = events(networked, Action.IMPORT)
    assert (event.person, event.address) == ("STRANGER", "192.0.2.66")
    assert (event.outcome, event.reason) == (Outcome.REFUSED, "PeerUnknown")
    assert list(spool.waiting()) == []
    assert isinstance(verify(networked.database), Head)
