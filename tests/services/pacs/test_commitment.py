"""Who asks whether we keep what a signed reading left as hears the truth, and a peer that we ask is believed."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.pacs import Commitment, Reference, ResultKind
from scarmass.domain.transfers import Transfer, TransferState
from scarmass.services.context import Context
from scarmass.services.pacs import ask, send
from scarmass.services.pacs.arrive import Arrivals
from scarmass.services.pacs.commit import commitment_of
from scarmass.services.readings.dicom_objects import dicom_objects
from scarmass.storage.spool_notes import ANSWERED, answer_to_json
from tests.api.signing import accept_all, sign
from tests.api.signing import send as send_request
from tests.fake_pacs import KEEPER, FakePacs
from tests.services.readings.test_dicom_objects import Case, drawn

pytestmark = pytest.mark.slow


@pytest.fixture
def case(client: TestClient, context: Context, tmp_path: Path) -> Case:
    return Case(client, context, drawn(client, tmp_path).stack_id)


def references(case: Case, reading_id: uuid.UUID) -> list[Reference]:
    return [one.reference for one in dicom_objects(case.context, reading_id, list(ResultKind))]


def kept(case: Case, asked: list[Reference]) -> list[Reference]:
    told = commitment_of(case.context, "2.25.1", asked)
    assert {one for one, _ in told.failed} == set(asked) - set(told.committed)
    return list(told.committed)


def test_results_of_a_signed_reading_are_kept_until_another_version_replaces_them_or_an_image_is_lost(
    case: Case,
) -> None:
    draft = references(case, case.id)
    signed = case.signed()
    first = references(case, case.id)
    assert len({one.sop_class_uid for one in first}) == len(ResultKind)
    never = Reference(first[0].sop_class_uid, "2.25.42")
    assert kept(case, [*draft, *first, never]) == first

    newer = send_request(case.client, signed, "amend").raise_for_status().json()
    assert kept(case, first) == first, "a draft replaces nothing"
    sign(case.client, accept_all(case.client, newer))
    second = references(case, uuid.UUID(newer["id"]))
    assert kept(case, [*first, *second]) == second

    next(path for path in case.context.files.root.rglob("*") if path.is_file()).unlink()
    assert kept(case, second) == []


def sent_to_keeper(context: Context, reading_id: uuid.UUID, keeper: FakePacs, failed: str | None) -> Transfer:
    """A transfer whose peer answers on an association of its own before the one that asked it has ended."""
    assert context.spool is not None
    spool = context.spool

    def answer(transaction_uid: str) -> None:
        asked = tuple(keeper.asked[transaction_uid])
        told = Commitment(transaction_uid, (), tuple((one, failed) for one in asked)) if failed else None
        payload = answer_to_json(told or Commitment(transaction_uid, asked))
        spool.note(KEEPER.ae_title, ANSWERED, payload)
        Arrivals(context, spool).work(gather_s=0)

    keeper.while_asked = answer
    transfer = ask.ask_send(context, reading_id, uuid.uuid4(), KEEPER.name, (), "Dr Anna")
    send.send_next(context, transfer.id)
    (now,) = [one for one in ask.page_of_transfers(context, 10, None) if one.id == transfer.id]
    return now


def test_an_early_answer_that_it_is_not_kept_is_not_overwritten(
    networked: Context, signed: uuid.UUID, keeper: FakePacs
) -> None:
    transfer = sent_to_keeper(networked, signed, keeper, "the disk is full")
    assert (transfer.state, transfer.committed_at) == (TransferState.FAILED, None)
    assert transfer.reason == "KEEPER does not keep 3 of the objects: the disk is full"
    again = ask.retry(networked, transfer.id)
    assert (again.state, again.reason) == (TransferState.WAITING, None), "it can be sent again"


def test_an_early_answer_that_it_is_kept_is_not_lost(networked: Context, signed: uuid.UUID, keeper: FakePacs) -> None:
    transfer = sent_to_keeper(networked, signed, keeper, None)
    assert (transfer.state, transfer.reason) == (TransferState.DONE, None)
    assert transfer.committed_at is not None
