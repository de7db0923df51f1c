"""A peer's study is found and fetched into the spool, with its progress."""

import uuid
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from scarmass.domain.errors import ClientIdReused, NothingListens, PeerFailed, PeerNotFound, StorageFull
from scarmass.domain.pacs import LocalEntity, Retrieval, StudyQuery
from scarmass.domain.pacs_rules import Network
from scarmass.domain.transfers import Direction, Transfer, TransferState
from scarmass.services.context import Context
from scarmass.services.pacs import arrive, ask, fetch
from scarmass.services.pacs.find import find, why_silent
from tests.fake_pacs import PACS, FakePacs, fails

pytestmark = pytest.mark.slow


@pytest.fixture
def study_uid(pacs: FakePacs, phantom_files: list[Path]) -> str:
    """Of a study that the PACS has."""
    uid = str(pydicom.dcmread(phantom_files[0]).StudyInstanceUID)
    pacs.studies[uid] = [path.read_bytes() for path in phantom_files]
    return uid


def fetched(context: Context, study_uid: str) -> Transfer:
    transfer = ask.ask_fetch(context, uuid.uuid4(), "PACS", study_uid, "Dr Anna")
    fetch.fetch_next(context, transfer.id)
    (now,) = ask.page_of_transfers(context, 10, None)
    return now


def test_a_study_that_is_found_is_fetched_and_comes_like_any_other(networked: Context, study_uid: str) -> None:
    assert [(one.study.study_instance_uid, one.is_stored) for one in find(networked, "PACS", StudyQuery())] == [
        (study_uid, False)
    ]
    done = fetched(networked, study_uid)
    assert (done.direction, done.state, done.done, done.of) == (Direction.FETCH, TransferState.DONE, 10, 10)
    assert networked.spool is not None
    assert {one.source for one in networked.spool.waiting()} == {PACS.ae_title}
    arrive.Arrivals(networked, networked.spool).work(gather_s=0)
    assert find(networked, "PACS", StudyQuery())[0].is_stored


def test_a_fetch_that_breaks_off_is_tried_again_and_nothing_is_there_twice(
    networked: Context, pacs: FakePacs, study_uid: str
) -> None:
    def break_off(number: int) -> None:
        if number == 4:
            raise PeerFailed("the association was aborted")

    pacs.before_object = break_off
    waiting = fetched(networked, study_uid)
    assert (waiting.state, waiting.reason) == (TransferState.WAITING, "the association was aborted")
    pacs.before_object = lambda _: None
    fetch.fetch_next(networked, waiting.id)
    assert networked.spool is not None
    arrive.Arrivals(networked, networked.spool).work(gather_s=0)
    assert arrive.page_of_arrivals(networked, 10, None)[0].objects == 10


def test_a_study_of_which_not_everything_came_is_no_whole_one_and_what_came_is_taken_in(
    networked: Context, pacs: FakePacs, study_uid: str
) -> None:
    pacs.withholds = 8
    waiting = fetched(networked, study_uid)
    assert (waiting.state, waiting.reason) == (
        TransferState.WAITING,
        "PACS sent 2 of 10 objects; what came is taken in",
    )
    assert networked.spool is not None
    arrive.Arrivals(networked, networked.spool).work(gather_s=0)
    assert arrive.page_of_arrivals(networked, 10, None)[0].objects == 2
    pacs.withholds = 0
    fetch.fetch_next(networked, waiting.id)
    (done,) = ask.page_of_transfers(networked, 10, None)
    assert (done.state, done.done, done.of, done.reason) == (TransferState.DONE, 10, 10, None)


def attempted(context: Context, transfer: Transfer) -> Transfer:
    """As it is after as many attempts as there are of a fetch that ends in the same each time."""
    for _ in range(fetch.MOST_ALIKE - transfer.attempts):
        assert transfer.state is TransferState.WAITING
        fetch.fetch_next(context, transfer.id)
        (transfer,) = ask.page_of_transfers(context, 10, None)
    return transfer


def test_what_a_peer_says_that_it_cannot_send_ends_as_a_warning(
    networked: Context, pacs: FakePacs, study_uid: str
) -> None:
    pacs.fails = 1
    done = attempted(networked, fetched(networked, study_uid))
    assert (done.state, done.done, done.of) == (TransferState.DONE, 9, 10)
    assert done.reason == "PACS could not send 1 of the study's objects; what came is taken in"
    fetch.fetch_next(networked, done.id)
    assert pacs.calls == fetch.MOST_ALIKE


@pytest.mark.parametrize(("withholds", "fails"), [(3, 0), (3, 1), (0, 10)])
def test_what_does_not_come_and_is_not_accounted_for_ends_as_a_failure(
    networked: Context, pacs: FakePacs, study_uid: str, withholds: int, fails: int
) -> None:
    pacs.withholds, pacs.fails = withholds, fails
    failed = attempted(networked, fetched(networked, study_uid))
    assert (failed.state, failed.attempts) == (TransferState.FAILED, fetch.MOST_ALIKE)
    assert (failed.reason or "").endswith("objects; what came is taken in")
    pacs.withholds = pacs.fails = 0
    ask.retry(networked, failed.id)
    fetch.fetch_next(networked, failed.id)
    (done,) = ask.page_of_transfers(networked, 10, None)
    assert (done.state, done.done, done.reason) == (TransferState.DONE, 10, None)


def test_a_fetch_goes_on_as_long_as_more_of_the_study_comes(networked: Context, pacs: FakePacs, study_uid: str) -> None:
    pacs.fails = 9
    waiting = fetched(networked, study_uid)
    for pacs.fails in range(8, 0, -1):
        fetch.fetch_next(networked, waiting.id)
        (waiting,) = ask.page_of_transfers(networked, 10, None)
        assert waiting.state is TransferState.WAITING


def test_a_full_spool_makes_a_fetch_wait(networked: Context, study_uid: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageFull("the server's disk is full")

    monkeypatch.setattr(networked.spool, "put", full)
    waiting = fetched(networked, study_uid)
    assert (waiting.state, waiting.reason) == (TransferState.WAITING, "the server's disk is full")


def test_a_study_that_the_peer_has_not_is_failed_at_once(networked: Context) -> None:
    failed = fetched(networked, "2.25.404")
    assert (failed.state, failed.reason) == (TransferState.FAILED, "PACS has nothing of this study")


def test_a_fetch_is_cancelled_in_the_middle(networked: Context, pacs: FakePacs, study_uid: str) -> None:
    transfer = ask.ask_fetch(networked, uuid.uuid4(), "PACS", study_uid, "Dr Anna")

    def cancel(number: int) -> None:
        if number == 9:
            ask.cancel(networked, transfer.id, "Dr Bert")

    pacs.before_object = cancel
    fetch.fetch_next(networked, transfer.id)
    (now,) = ask.page_of_transfers(networked, 10, None)
    assert (now.state, now.reason) == (TransferState.CANCELLED, "cancelled by Dr Bert")


def test_the_same_request_again_is_the_same_fetch(networked: Context) -> None:
    client_id = uuid.uuid4()
    ids = {ask.ask_fetch(networked, client_id, "PACS", "1.2.3", "Dr Anna").id for _ in range(2)}
    assert len(ids) == 1
    with pytest.raises(ClientIdReused):
        ask.ask_fetch(networked, client_id, "PACS", "1.2.4", "Dr Anna")
    with pytest.raises(PeerNotFound):
        ask.ask_fetch(networked, uuid.uuid4(), "NOBODY", "1.2.3", "Dr Anna")


def test_a_peer_that_sends_to_us_needs_somebody_who_listens(networked: Context) -> None:
    mover = replace(PACS, retrieval=Retrieval.MOVE)
    networked.network = Network(peers=(mover,))
    with pytest.raises(NothingListens, match="AE title"):
        ask.ask_fetch(networked, uuid.uuid4(), "PACS", "1.2.3", "Dr Anna")
    networked.network = Network(LocalEntity(), (mover,))
    assert ask.ask_fetch(networked, uuid.uuid4(), "PACS", "1.2.3", "Dr Anna").state is TransferState.WAITING


def test_a_peer_that_is_silent_says_why(networked: Context, pacs: FakePacs) -> None:
    assert why_silent(networked, "PACS") is None
    pacs.failure = fails(PeerFailed)
    assert why_silent(networked, "PACS") == "the plug is out"
