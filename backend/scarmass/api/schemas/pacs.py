"""The words of the REST contract about the network: peers, transfers and arrivals."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from scarmass.api.schemas.common import Few, Strict, Uid
from scarmass.api.schemas.studies import Patient
from scarmass.domain import pacs as domain
from scarmass.domain import pacs_rules as rules
from scarmass.domain import transfers
from scarmass.domain.pacs import ResultKind, Retrieval
from scarmass.domain.stack import StudyHeader
from scarmass.domain.transfers import Direction, TransferState
from scarmass.services.pacs.find import FoundHere

PeerName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Text = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f\\]*$")]


class LocalEntity(BaseModel):
    """Who we are in the network, and where we listen."""

    ae_title: str
    host: str
    port: int
    is_encrypted: bool


class Peer(BaseModel):
    """A machine of the network. address: host and port, or a URL. ae_title, retrieval: null over DICOMweb."""

    name: str
    protocol: Literal["DIMSE", "DICOMweb"]
    address: str
    ae_title: str | None
    retrieval: Retrieval | None
    is_encrypted: bool
    may_send: bool
    commits: bool

    @staticmethod
    def of(peer: domain.Peer) -> "Peer":
        if isinstance(peer, domain.DicomwebPeer):
            return Peer(
                name=peer.name,
                protocol="DICOMweb",
                address=peer.url,
                ae_title=None,
                retrieval=None,
                is_encrypted=peer.url.startswith("https:"),
                may_send=False,
                commits=False,
            )
        return Peer(
            name=peer.name,
            protocol="DIMSE",
            address=f"{peer.host}:{peer.port}",
            ae_title=peer.ae_title,
            retrieval=peer.retrieval,
            is_encrypted=peer.tls is not None,
            may_send=peer.may_send,
            commits=peer.commits,
        )


class Network(BaseModel):
    """local: null where nothing listens."""

    local: LocalEntity | None
    peers: list[Peer]

    @staticmethod
    def of(network: rules.Network) -> "Network":
        local = network.local
        return Network(
            local=None
            if local is None
            else LocalEntity(
                ae_title=local.ae_title, host=local.host, port=local.port, is_encrypted=local.tls is not None
            ),
            peers=[Peer.of(peer) for peer in network.peers],
        )


class Echo(BaseModel):
    """Whether a peer answers us. reason: why not."""

    answers: bool
    reason: str | None


class FoundStudy(BaseModel):
    """A study as a peer tells of it; what it leaves out is empty, or null. is_stored: is anything of it here?"""

    study_instance_uid: str
    patient: Patient
    study_date: str
    study_description: str
    accession_number: str
    modalities: list[str]
    number_of_series: int | None
    number_of_instances: int | None
    is_stored: bool

    @staticmethod
    def of(found: FoundHere) -> "FoundStudy":
        study = found.study
        return FoundStudy(
            study_instance_uid=study.study_instance_uid,
            patient=Patient(
                name=study.patient_name,
                id=study.patient_id,
                birth_date=study.patient_birth_date,
                sex=study.patient_sex,
            ),
            study_date=study.study_date,
            study_description=study.study_description,
            accession_number=study.accession_number,
            modalities=list(study.modalities),
            number_of_series=study.number_of_series,
            number_of_instances=study.number_of_instances,
            is_stored=found.is_stored,
        )


class FoundStudies(BaseModel):
    studies: list[FoundStudy]


class FetchRequest(Strict):
    client_id: uuid.UUID
    peer: PeerName
    study_instance_uid: Uid


class SendRequest(Strict):
    """kinds: none for those that are sent where nothing else is said."""

    client_id: uuid.UUID
    peer: PeerName
    kinds: Few[ResultKind] = Field(default=[], max_length=len(ResultKind))


class Transfer(BaseModel):
    """As domain.transfers.Transfer has it. patient, study_date: null while nothing of the study is here."""

    id: uuid.UUID
    number: int
    direction: Direction
    peer: str
    reading_id: uuid.UUID | None
    stack_id: str | None
    study_instance_uid: str
    patient: Patient | None
    study_date: str | None
    kinds: list[ResultKind]
    state: TransferState
    done: int
    of: int | None
    attempts: int
    next_attempt_at: datetime | None
    reason: str | None
    asked_by: str
    committed_at: datetime | None
    created_at: datetime
    changed_at: datetime
    changes: int

    @staticmethod
    def made_from(one: transfers.Transfer) -> "Transfer":
        return Transfer(
            **{name: getattr(one, name) for name in Transfer.model_fields if name not in ("patient", "study_date")},
            patient=_patient(one.study),
            study_date=_study_date(one.study),
        )


class Transfers(BaseModel):
    """The newest first."""

    transfers: list[Transfer]
    next_cursor: int | None


class RefusedObject(BaseModel):
    name: str
    reason: str


class Arrival(BaseModel):
    """As domain.transfers.Arrival has it. patient, study_date: null where no image of the study is here."""

    id: uuid.UUID
    number: int
    study_instance_uid: str
    patient: Patient | None
    study_date: str | None
    source: str
    objects: int
    refused_count: int
    refused: list[RefusedObject]
    first_object_at: datetime
    last_object_at: datetime
    prepared_at: datetime | None
    readings: int
    because: str | None

    @staticmethod
    def of(one: transfers.Arrival) -> "Arrival":
        left = ("patient", "study_date", "refused")
        return Arrival(
            **{name: getattr(one, name) for name in Arrival.model_fields if name not in left},
            patient=_patient(one.study),
            study_date=_study_date(one.study),
            refused=[RefusedObject(name=each.name, reason=each.reason) for each in one.refused],
        )


class Arrivals(BaseModel):
    """Those that began to come last first."""

    arrivals: list[Arrival]
    next_cursor: int | None


def _patient(study: StudyHeader | None) -> Patient | None:
    return None if study is None else Patient.of(study)


def _study_date(study: StudyHeader | None) -> str | None:
    return None if study is None else study.study_date
