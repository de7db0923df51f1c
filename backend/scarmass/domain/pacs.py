"""The machines beside us in the hospital's network: who they are, what they are asked, and what they answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Retrieval(StrEnum):
    """How a study is had from a DIMSE peer: it sends it to our AE title, or on the association that asked."""

    MOVE = "move"
    GET = "get"


@dataclass(frozen=True)
class Tls:
    """PEM files. certificate, key: ours, which the other side may ask for. authority: of whom we trust certificates."""

    certificate: str
    key: str
    authority: str


@dataclass(frozen=True)
class DimsePeer:
    """An application entity that we talk to over DIMSE. name: what people call it.

    may_send: whether it may store objects here. commits: whether it is asked for storage commitment.
    tls: None where the association is not encrypted.
    """

    name: str
    ae_title: str
    host: str
    port: int
    may_send: bool = True
    commits: bool = False
    retrieval: Retrieval = Retrieval.MOVE
    tls: Tls | None = None


@dataclass(frozen=True)
class DicomwebPeer:
    """A server that we talk to over DICOMweb (PS3.18). url: up to its services, without the "/studies" that follows.

    token: a bearer token, empty where none is asked for. authority: a PEM file of whose certificates are trusted, None
    for those of the system. proxy: the address of a forward proxy, None where there is none.
    """

    name: str
    url: str
    token: str = field(default="", repr=False)
    authority: str | None = None
    proxy: str | None = None


Peer = DimsePeer | DicomwebPeer


@dataclass(frozen=True)
class LocalEntity:
    """What we are in the network: our AE title, where it listens, and with which certificates."""

    ae_title: str = "SCARMASS"
    host: str = "127.0.0.1"
    port: int = 11112
    tls: Tls | None = None


@dataclass(frozen=True)
class StudyQuery:
    """What a study is looked for by; what is empty does not narrow it. Names and IDs may end in "*".

    study_date: YYYYMMDD, or two of them with "-" between, either of which may be missing.
    """

    patient_name: str = ""
    patient_id: str = ""
    study_date: str = ""
    accession_number: str = ""
    modality: str = "MR"
    study_instance_uid: str = ""
    limit: int = 100


@dataclass(frozen=True)
class FoundStudy:
    """A study as a peer tells of it; what the peer leaves out is empty, or None."""

    study_instance_uid: str
    patient_name: str = ""
    patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_date: str = ""
    study_description: str = ""
    accession_number: str = ""
    modalities: tuple[str, ...] = ()
    number_of_series: int | None = None
    number_of_instances: int | None = None


@dataclass(frozen=True)
class Progress:
    """How many objects of how many are done. of: None while the peer has not told."""

    done: int
    of: int | None
    failed: int = 0


Report = Callable[[Progress], None]
"""Told after each object; what it raises breaks the transfer off and comes through."""


@dataclass(frozen=True)
class Sent:
    """What a peer answered to one object. reason: why it was not stored, or a warning; None where all is well."""

    sop_instance_uid: str
    is_stored: bool
    reason: str | None = None


@dataclass(frozen=True)
class Reference:
    """An object by its identifiers."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class Commitment:
    """What a peer says of its keeping objects (storage commitment, PS3.4 annex J). failed: with the reason of each."""

    transaction_uid: str
    committed: tuple[Reference, ...]
    failed: tuple[tuple[Reference, str], ...] = ()


class PacsClient(Protocol):
    """A peer, asked over either protocol. Every call raises PeerUnreachable, PeerRefused, PeerFailed."""

    @property
    def peer(self) -> Peer: ...

    def echo(self) -> None:
        """Does it answer, and answer us?"""
        ...

    def find(self, query: StudyQuery) -> list[FoundStudy]:
        """The studies that match, at most query.limit."""
        ...

    def fetch(self, study_instance_uid: str, receive: Callable[[bytes], None], report: Report) -> None:
        """Have the whole study.

        Each object, as a file of DICOM part 10, is given to receive; where the peer's retrieval is MOVE, the peer sends
        them to our AE title instead.
        """
        ...

    def send(self, objects: Sequence[bytes], report: Report) -> list[Sent]:
        """Have the peer store these files of DICOM part 10; the answers in their order."""
        ...


class ResultKind(StrEnum):
    """What a reading leaves as: segmentation, structured report, encapsulated PDF, secondary captures."""

    SEG = "seg"
    SR = "sr"
    PDF = "pdf"
    KEY_IMAGES = "key_images"


@dataclass(frozen=True)
class ResultObject:
    """One DICOM object of a reading. content: as a file of DICOM part 10."""

    kind: ResultKind
    reference: Reference
    content: bytes = field(repr=False)
