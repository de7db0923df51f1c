"""The network's machines: found studies fetched, results sent, what arrives, and the rules."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from scarmass.api.dependencies import (
    CanManage,
    CanManageTransfers,
    CanSign,
    CanStore,
    CanView,
    CurrentReader,
    InContext,
)
from scarmass.api.schemas.pacs import (
    Arrival,
    Arrivals,
    Echo,
    FetchRequest,
    FoundStudies,
    FoundStudy,
    Network,
    PeerName,
    SendRequest,
    Text,
    Transfer,
    Transfers,
)
from scarmass.api.schemas.pacs_rules import Rules, RulesTest, RulesTested
from scarmass.domain.pacs import StudyQuery
from scarmass.domain.transfers import TransferState
from scarmass.services.pacs import ask
from scarmass.services.pacs.arrive import page_of_arrivals
from scarmass.services.pacs.find import find, why_silent
from scarmass.services.pacs.try_rules import series_of, try_rules

router = APIRouter(prefix="/api/v1/pacs", tags=["network"])
of_readings = APIRouter(prefix="/api/v1/readings", tags=["network"])

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
DATES = r"^([0-9]{8})?(-([0-9]{8})?)?$"


def _query(
    patient_name: Text = "",
    patient_id: Text = "",
    study_date: Annotated[str, Query(max_length=17, pattern=DATES)] = "",
    accession_number: Text = "",
    modality: Annotated[str, Query(max_length=16, pattern=r"^[A-Z0-9_ ]*$")] = "MR",
    study_instance_uid: Annotated[str, Query(max_length=64, pattern=r"^[0-9.]*$")] = "",
    limit: Limit = 100,
) -> StudyQuery:
    return StudyQuery(patient_name, patient_id, study_date, accession_number, modality, study_instance_uid, limit)


@router.get("/peers")
def list_peers(_: CanView, context: InContext) -> Network:
    """Who we are in the network, and the machines that the settings name."""
    return Network.of(context.network)


@router.post("/peers/{name}/echo")
def echo_peer(name: Annotated[PeerName, Path()], _: CanManage, context: InContext) -> Echo:
    """Whether a peer answers, and answers us, now."""
    reason = why_silent(context, name)
    return Echo(answers=reason is None, reason=reason)


@router.get("/studies")
def find_studies(
    peer: PeerName, _: CanStore, context: InContext, query: Annotated[StudyQuery, Depends(_query)]
) -> FoundStudies:
    """The peer's studies that match; names and IDs may end in "*". study_date: YYYYMMDD, or two of them with "-"."""
    return FoundStudies(studies=[FoundStudy.of(one) for one in find(context, peer, query)])


@router.post("/fetches", status_code=201)
def fetch_study(request: FetchRequest, _: CanStore, context: InContext, reader: CurrentReader) -> Transfer:
    """Fetch a study of a peer; it comes by itself, and the same request again is the same transfer."""
    asked = ask.ask_fetch(context, request.client_id, request.peer, request.study_instance_uid, reader)
    return Transfer.made_from(asked)


@of_readings.post("/{reading_id}/send", status_code=201)
def send_reading(
    reading_id: uuid.UUID, request: SendRequest, _: CanSign, context: InContext, reader: CurrentReader
) -> Transfer:
    """Send a signed reading to a peer. A version and a peer are one transfer, whoever asks how often."""
    asked = ask.ask_send(context, reading_id, request.client_id, request.peer, request.kinds, reader)
    return Transfer.made_from(asked)


@router.get("/transfers")
def list_transfers(
    _: CanView,
    context: InContext,
    state: Annotated[list[TransferState], Query(default_factory=list, max_length=len(TransferState))],
    limit: Limit = 50,
    cursor: Cursor = None,
    reading_id: uuid.UUID | None = None,
) -> Transfers:
    """What was sent and fetched, waits, or failed and why; the newest first. state: of these alone."""
    found = ask.page_of_transfers(context, limit + 1, cursor, state, reading_id)
    page, more = found[:limit], len(found) > limit
    return Transfers(transfers=[Transfer.made_from(one) for one in page], next_cursor=page[-1].number if more else None)


@router.post("/transfers/{transfer_id}/retry")
def retry_transfer(transfer_id: uuid.UUID, _: CanManageTransfers, context: InContext) -> Transfer:
    """Begin anew, now. What is done, or runs, is left alone."""
    return Transfer.made_from(ask.retry(context, transfer_id))


@router.post("/transfers/{transfer_id}/cancel")
def cancel_transfer(
    transfer_id: uuid.UUID, _: CanManageTransfers, context: InContext, reader: CurrentReader
) -> Transfer:
    """Nothing more of it is done; what was sent stays where it is."""
    return Transfer.made_from(ask.cancel(context, transfer_id, reader))


@router.get("/arrivals")
def list_arrivals(_: CanView, context: InContext, limit: Limit = 50, cursor: Cursor = None) -> Arrivals:
    """What came over the network: of which study, from whom, what was refused and why, and what was prepared."""
    found = page_of_arrivals(context, limit + 1, cursor)
    page, more = found[:limit], len(found) > limit
    return Arrivals(arrivals=[Arrival.of(one) for one in page], next_cursor=page[-1].number if more else None)


@router.get("/rules")
def show_rules(_: CanView, context: InContext) -> Rules:
    """What the settings say of what comes and goes."""
    return Rules.of(context.network.rules)


@router.post("/rules/test")
def rules_tested(request: RulesTest, _: CanManage, context: InContext) -> RulesTested:
    """What the rules would do with a study, and which rule it would be. Nothing is changed."""
    if request.study_instance_uid is not None:
        series = series_of(context, request.study_instance_uid, request.calling)
    else:
        series = [one.to_domain() for one in request.series]
    return RulesTested.of(try_rules(context, series))
