"""What is signed goes to the peers of the rules, once, however often it is tried."""

import uuid
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from scarmass.domain.errors import (
    ClientIdReused,
    ModelsUnavailable,
    ObjectRefused,
    PeerFailed,
    PeerNotFound,
    PeerRefused,
    PeerUnreachable,
    ReadingNotSigned,
    StoreUnavailable,
    TransferNotFound,
)
from scarmass.domain.pacs import Commitment, Reference, ResultKind
from scarmass.domain.pacs_rules import OWN_KINDS, Network
from scarmass.domain.transfers import MOST_ATTEMPTS, WAITS_S, Direction, Transfer, TransferState, wait_after
from scarmass.services.context import Context
from scarmass.services.pacs import ask, attempt, commit, send
from scarmass.storage import jobs, transfers
from scarmass.storage.jobs import Queue
from scarmass.storage.spool_notes import ANSWERED, answer_to_json
from tests.api.signing import sign
from tests.fake_pacs import KEEPER, FakePacs, fails

pytestmark = pytest.mark.slow


def only(context: Context) -> Transfer:
    (transfer,) = ask.page_of_transfers(context, 10, None)
    return transfer


def seconds_until_next(transfer: Transfer) -> int:
    assert transfer.next_attempt_at is not None
    return round((transfer.next_attempt_at - transfer.changed_at).total_seconds())


def test_signing_queues_what_the_rules_send_and_the_peer_has_it(
    networked: Context, signed: uuid.UUID, pacs: FakePacs
) -> None:
    waiting = only(networked)
    assert (waiting.direction, waiting.peer, waiting.state) == (Direction.SEND, "PACS", TransferState.WAITING)
    assert (waiting.reading_id, waiting.kinds, waiting.asked_by) == (signed, OWN_KINDS, ask.BY_RULE)
    assert waiting.study is not None
    assert waiting.study.study_instance_uid == waiting.study_instance_uid
    assert send.take_up(networked), "its job is due"
    send.send_next(networked, waiting.id)
    done = only(networked)
    assert (done.state, done.done, done.of, done.reason) == (TransferState.DONE, 3, 3, None)
    assert pacs.kept == [f"{signed} {kind}".encode() for kind in OWN_KINDS]


def test_a_signature_that_is_not_stored_sends_nothing(
    networked: Context, unsigned: dict, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(*_: object, **__: object) -> None:
        raise PeerFailed("broke off in the transaction")

    monkeypatch.setattr(jobs, "add_job", breaks_off)
    body = {"client_id": str(uuid.uuid4()), "expected_revision": unsigned["revision"]}
    assert client.post(f"/api/v1/readings/{unsigned['id']}/sign", json=body).status_code == 503
    assert client.get(f"/api/v1/readings/{unsigned['id']}").json()["state"] == "draft"
    assert ask.page_of_transfers(networked, 10, None) == []


def test_without_rules_nothing_is_sent(networked: Context, unsigned: dict, client: TestClient) -> None:
    networked.network = Network(peers=networked.network.peers)
    sign(client, unsigned)
    assert ask.page_of_transfers(networked, 10, None) == []


@pytest.mark.parametrize("fact", [PeerUnreachable, PeerRefused, PeerFailed])
def test_a_peer_that_fails_is_tried_again_later_and_the_reason_is_told(
    networked: Context, signed: uuid.UUID, pacs: FakePacs, fact: type
) -> None:
    pacs.failure = fails(fact)
    transfer = only(networked)
    send.send_next(networked, transfer.id)
    waiting = only(networked)
    assert (waiting.state, waiting.attempts, waiting.reason) == (TransferState.WAITING, 1, "the plug is out")
    assert seconds_until_next(waiting) == WAITS_S[0]
    pacs.failure = None
    send.send_next(networked, transfer.id)
    assert (only(networked).state, only(networked).reason) == (TransferState.DONE, None)
    assert len(pacs.kept) == len(OWN_KINDS)


def test_waits_grow_and_end_in_failed_after_a_stated_number(
    networked: Context, signed: uuid.UUID, pacs: FakePacs
) -> None:
    pacs.failure = fails(PeerUnreachable)
    transfer = only(networked)
    waits = []
    for _ in range(MOST_ATTEMPTS - 1):
        send.send_next(networked, transfer.id)
        waits.append(seconds_until_next(only(networked)))
    assert waits[: len(WAITS_S)] == list(WAITS_S)
    assert set(waits[len(WAITS_S) :]) == {WAITS_S[-1]}
    send.send_next(networked, transfer.id)
    failed = only(networked)
    assert (failed.state, failed.reason, failed.next_attempt_at) == (TransferState.FAILED, "the plug is out", None)
    send.send_next(networked, transfer.id)
    assert pacs.calls == MOST_ATTEMPTS, "what is failed is not tried"


@pytest.mark.parametrize("fact", [StoreUnavailable, ModelsUnavailable])
def test_what_waits_for_what_it_is_made_from_costs_no_attempt(
    networked: Context, signed: uuid.UUID, pacs: FakePacs, monkeypatch: pytest.MonkeyPatch, fact: type
) -> None:
    transfer = only(networked)
    with monkeypatch.context() as away:
        away.setattr(send, "result_objects", Mock(side_effect=fails(fact)))
        for _ in range(MOST_ATTEMPTS + 2):
            with pytest.raises(fact):
                send.send_next(networked, transfer.id)
    assert (only(networked).state.is_open, only(networked).attempts, only(networked).reason) == (True, 0, None)
    send.send_next(networked, transfer.id)
    assert (only(networked).state, only(networked).attempts) == (TransferState.DONE, 1)


def test_send_again_begins_anew(networked: Context, signed: uuid.UUID, pacs: FakePacs) -> None:
    pacs.failure = fails(PeerUnreachable)
    transfer = only(networked)
    send.send_next(networked, transfer.id)
    pacs.failure = None
    again = ask.retry(networked, transfer.id)
    assert (again.state, again.attempts, again.reason) == (TransferState.WAITING, 0, None)
    assert send.take_up(networked), "it waits no longer for its time"
    send.send_next(networked, transfer.id)
    assert only(networked).state is TransferState.DONE
    assert ask.retry(networked, transfer.id).state is TransferState.DONE, "what is done is left alone"


def test_what_no_attempt_will_mend_is_failed_at_once(networked: Context, signed: uuid.UUID, pacs: FakePacs) -> None:
    transfer = only(networked)
    pacs.failure = fails(ObjectRefused, "it is no DICOM file")
    send.send_next(networked, transfer.id)
    assert (only(networked).state, only(networked).reason) == (TransferState.FAILED, "it is no DICOM file")


def test_a_peer_that_the_settings_name_no_more_is_told(networked: Context, signed: uuid.UUID) -> None:
    networked.network = Network()
    send.send_next(networked, only(networked).id)
    assert only(networked).state is TransferState.FAILED
    assert "PACS" in (only(networked).reason or "")


def test_objects_that_the_peer_does_not_store_are_no_success(
    networked: Context, signed: uuid.UUID, pacs: FakePacs
) -> None:
    pacs.refuses = "out of resources"
    send.send_next(networked, only(networked).id)
    waiting = only(networked)
    assert (waiting.state, waiting.reason) == (TransferState.WAITING, "PACS stored 0 of 3 objects: out of resources")


def test_a_warning_of_the_peer_is_kept(networked: Context, signed: uuid.UUID, pacs: FakePacs) -> None:
    pacs.warns = "coercion of data elements"
    send.send_next(networked, only(networked).id)
    assert only(networked).state is TransferState.DONE
    assert "coercion of data elements" in (only(networked).reason or "")


def test_a_version_and_a_peer_are_one_transfer_whoever_asks(
    networked: Context, signed: uuid.UUID, pacs: FakePacs
) -> None:
    first = only(networked)
    by_hand = ask.ask_send(networked, signed, uuid.uuid4(), "PACS", (ResultKind.SR,), "Dr Anna")
    assert by_hand.id == first.id
    send.send_next(networked, first.id)
    assert ask.ask_send(networked, signed, uuid.uuid4(), "PACS", (), "Dr Anna").state is TransferState.DONE
    more = ask.ask_send(networked, signed, uuid.uuid4(), "PACS", (ResultKind.KEY_IMAGES,), "Dr Anna")
    assert (more.id, more.state, more.kinds) == (
        first.id,
        TransferState.WAITING,
        (*OWN_KINDS, ResultKind.KEY_IMAGES),
    )
    send.send_next(networked, first.id)
    assert len(set(pacs.kept)) == len(more.kinds)


def test_only_what_is_signed_is_sent_and_only_to_peers(networked: Context, unsigned: dict, client: TestClient) -> None:
    reading_id = uuid.UUID(unsigned["id"])
    with pytest.raises(ReadingNotSigned):
        ask.ask_send(networked, reading_id, uuid.uuid4(), "PACS", (), "Dr Anna")
    sign(client, unsigned)
    with pytest.raises(PeerNotFound):
        ask.ask_send(networked, reading_id, uuid.uuid4(), "NOBODY", (), "Dr Anna")


def test_a_client_id_that_asked_for_another_transfer_is_refused(networked: Context, signed: uuid.UUID) -> None:
    client_id = uuid.uuid4()
    ask.ask_fetch(networked, client_id, "PACS", "1.2.3", "Dr Anna")
    with pytest.raises(ClientIdReused):
        ask.ask_send(networked, signed, client_id, "KEEPER", (), "Dr Anna")


def test_what_is_cancelled_breaks_off_and_is_not_tried(networked: Context, signed: uuid.UUID, pacs: FakePacs) -> None:
    transfer = only(networked)

    def cancel_in_the_middle(number: int) -> None:
        if number == 2:
            ask.cancel(networked, transfer.id, "Dr Anna")

    pacs.before_object = cancel_in_the_middle
    send.send_next(networked, transfer.id)
    cancelled = only(networked)
    assert (cancelled.state, cancelled.reason) == (TransferState.CANCELLED, "cancelled by Dr Anna")
    send.send_next(networked, transfer.id)
    assert pacs.calls == 1


def test_a_transfer_whose_process_ended_is_taken_up_again(
    networked: Context, signed: uuid.UUID, pacs: FakePacs
) -> None:
    transfer = only(networked)
    with networked.database.transaction() as session:
        transfers.begin(session, transfer.id)
        session.execute(text("delete from procrastinate_jobs where queue_name = 'sending'"))
    assert only(networked).state is TransferState.RUNNING
    assert send.take_up(networked)
    with networked.database.transaction() as session:
        assert jobs.readings_with_a_job(session, Queue.SENDING) == {transfer.id}
    send.send_next(networked, transfer.id)
    assert only(networked).state is TransferState.DONE


def test_one_that_ends_its_process_each_time_is_failed_in_the_end(networked: Context, signed: uuid.UUID) -> None:
    transfer = only(networked)
    with networked.database.transaction() as session:
        for _ in range(MOST_ATTEMPTS):
            transfers.begin(session, transfer.id)
    send.send_next(networked, transfer.id)
    assert only(networked).state is TransferState.FAILED


def test_an_error_that_nobody_expected_is_tried_again(networked: Context, signed: uuid.UUID, pacs: FakePacs) -> None:
    pacs.failure = ZeroDivisionError()
    transfer = only(networked)
    with pytest.raises(ZeroDivisionError):
        send.send_next(networked, transfer.id)
    attempt.give_up_for_now(networked, transfer.id)
    assert (only(networked).state, only(networked).reason) == (TransferState.WAITING, attempt.UNEXPECTED)


def test_a_peer_that_commits_is_asked_and_its_answer_closes_it(
    networked: Context, signed: uuid.UUID, keeper: FakePacs
) -> None:
    transfer = ask.ask_send(networked, signed, uuid.uuid4(), "KEEPER", (ResultKind.SEG, ResultKind.SR), "Dr Anna")
    send.send_next(networked, transfer.id)
    ((transaction_uid, references),) = keeper.asked.items()
    assert len(references) == 2
    assert only_to(networked, "KEEPER").committed_at is None
    answer = answer_to_json(Commitment(transaction_uid, tuple(references)))
    assert commit.take_note(networked, "PACS", ANSWERED, answer)
    assert only_to(networked, "KEEPER").committed_at is None, "another one's answer"
    assert commit.take_note(networked, KEEPER.ae_title, ANSWERED, answer)
    assert only_to(networked, "KEEPER").committed_at is not None


def test_a_peer_that_does_not_keep_it_makes_it_failed(networked: Context, signed: uuid.UUID, keeper: FakePacs) -> None:
    transfer = ask.ask_send(networked, signed, uuid.uuid4(), "KEEPER", (), "Dr Anna")
    send.send_next(networked, transfer.id)
    (transaction_uid,) = keeper.asked
    answer = Commitment(transaction_uid, (), ((Reference("1.2", "2.25.1"), "the disk is full"),))
    commit.take_note(networked, "KEEPER", ANSWERED, answer_to_json(answer))
    closed = only_to(networked, "KEEPER")
    assert (closed.state, closed.committed_at) == (TransferState.FAILED, None)
    assert closed.reason == "KEEPER does not keep 1 of the objects: the disk is full"


def test_no_transfer_is_asked_for_by_an_id_that_none_has(networked: Context) -> None:
    for act in (lambda: ask.retry(networked, uuid.uuid4()), lambda: ask.cancel(networked, uuid.uuid4(), "Dr Anna")):
        with pytest.raises(TransferNotFound):
            act()


def test_no_wait_follows_the_last_attempt() -> None:
    assert [wait_after(attempts) for attempts in (1, 2, 3, 4, 5, 6)] == [10, 60, 300, 900, 3600, 3600]
    assert wait_after(MOST_ATTEMPTS) is None


def only_to(context: Context, peer: str) -> Transfer:
    (found,) = [one for one in ask.page_of_transfers(context, 10, None) if one.peer == peer]
    return found
