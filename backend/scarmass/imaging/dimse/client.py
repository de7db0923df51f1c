"""A peer asked over DIMSE (PS3.7): found, fetched, sent to, and asked to keep what it has."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import Any

from pydicom import Dataset
from pydicom.uid import UID, generate_uid
from pynetdicom import build_role, evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from scarmass.domain.errors import PeerFailed
from scarmass.domain.pacs import (
    Commitment,
    DimsePeer,
    FoundStudy,
    LocalEntity,
    Progress,
    Reference,
    Report,
    Retrieval,
    Sent,
    StudyQuery,
)
from scarmass.imaging.dimse import commitment as committing
from scarmass.imaging.dimse import query as querying
from scarmass.imaging.dimse.association import Timeouts, answered, associated
from scarmass.imaging.dimse.contexts import COMMITMENT, COMMITMENT_INSTANCE, FIND, MOVE, VERIFICATION
from scarmass.imaging.dimse.outgoing import Outgoing, batches, outgoing, store
from scarmass.imaging.dimse.retrieval import get, progress_of
from scarmass.imaging.statuses import (
    CANCELLED,
    PENDING,
    RETRIEVING,
    STORED_WITH_WARNING,
    STORING_RANGES,
    SUCCESS,
    spoken,
)

ANSWER_BYTES = 2**20
OBJECT_BYTES = 2**29
ANSWERS_AFTER_CANCEL = 1000
COMMITMENT_S = 2.0
"""A peer that answers on the association that asked does so at once."""
ALL_IS_SENT = 0xFFFF


class DimseClient:
    """The PacsClient of a DimsePeer. Every call is an association of its own, or several.

    committed: is told what the peer answers to request_commitment on the association that asked; where it answers on
    another one, the listener is told. object_bytes: that one object may take which the peer sends.
    """

    def __init__(
        self,
        peer: DimsePeer,
        local: LocalEntity,
        *,
        committed: Callable[[DimsePeer, Commitment], None] | None = None,
        timeouts: Timeouts | None = None,
        object_bytes: int = OBJECT_BYTES,
    ) -> None:
        self._peer, self._local = peer, local
        self._committed = committed
        self._timeouts = timeouts or Timeouts()
        self._object_bytes = object_bytes

    @property
    def peer(self) -> DimsePeer:
        return self._peer

    def echo(self) -> None:
        """C-ECHO. Raises PeerUnreachable, PeerRefused, PeerFailed."""
        with self._associated([build_context(VERIFICATION)]) as association:
            self._require_success(association, association.send_c_echo())

    def find(self, query: StudyQuery) -> list[FoundStudy]:
        """C-FIND, study root; cancelled at query.limit. Raises PeerUnreachable, PeerRefused, PeerFailed."""
        studies: dict[str, FoundStudy] = {}
        left = ANSWERS_AFTER_CANCEL
        with self._associated([build_context(FIND)], message_bytes=ANSWER_BYTES) as association:
            for status, answer in association.send_c_find(querying.identifier(query), FIND):
                code = answered(self._peer, association, status).Status
                if code not in PENDING:
                    if code not in (SUCCESS, CANCELLED):
                        raise PeerFailed(f"{self._peer.name} cannot search: {spoken(status, RETRIEVING)}")
                elif len(studies) < query.limit:
                    if answer is not None and (study := querying.found(answer, query)):
                        studies.setdefault(study.study_instance_uid, study)
                    if len(studies) == query.limit:
                        association.send_c_cancel(1, query_model=FIND)
                elif (left := left - 1) == 0:
                    association.abort()
                    break
        return list(studies.values())

    def fetch(self, study_instance_uid: str, receive: Callable[[bytes], None], report: Report) -> None:
        """C-MOVE to our AE title, or C-GET. Objects that the peer could not send are counted in the report.

        Raises PeerUnreachable, PeerRefused, PeerFailed, and what receive and report raise.
        """
        study = querying.whole_study(study_instance_uid)
        if self._peer.retrieval is Retrieval.GET:
            return get(self._associated, self._peer, study, receive, report)
        with self._associated([build_context(MOVE)]) as association:
            last = Progress(0, None)
            for status, _ in association.send_c_move(study, self._local.ae_title, MOVE):
                last = progress_of(self._peer, association, status, last)
                report(last)

    def send(self, objects: Sequence[bytes], report: Report) -> list[Sent]:
        """C-STORE of each, in as few associations as their presentation contexts allow.

        Raises ObjectRefused for what is no DICOM file, before any is sent; PeerUnreachable, PeerRefused, PeerFailed
        where the association is not had or breaks: what was sent before is stored, and sent again changes nothing.
        """
        answers: list[Sent] = []
        for batch, contexts in batches([outgoing(content) for content in objects]):
            with self._associated(contexts) as association:
                for number, one in enumerate(batch):
                    answers.append(self._sent(association, one, number % ALL_IS_SENT + 1))
                    failed = sum(not answer.is_stored for answer in answers)
                    report(Progress(len(answers) - failed, len(objects), failed))
        return answers

    def request_commitment(self, references: Sequence[Reference], transaction_uid: str | None = None) -> str:
        """N-ACTION: ask the peer to keep these (PS3.4 section J.3.2); answers the transaction UID.

        Raises PeerUnreachable, PeerRefused, PeerFailed.
        """
        transaction_uid = transaction_uid or str(generate_uid())
        is_answered = Event()

        def take(commitment: Commitment) -> None:
            if self._committed is not None:
                self._committed(self._peer, commitment)
            is_answered.set()

        handlers = [(evt.EVT_N_EVENT_REPORT, lambda event: committing.take_report(event, take))]
        with self._associated([build_context(COMMITMENT)], handlers=handlers) as association:
            status, _ = association.send_n_action(
                committing.request(transaction_uid, references),
                committing.REQUEST,
                COMMITMENT,
                COMMITMENT_INSTANCE,
            )
            self._require_success(association, status)
            if self._committed is not None:
                is_answered.wait(COMMITMENT_S)
        return transaction_uid

    def send_commitment(self, commitment: Commitment) -> None:
        """N-EVENT-REPORT: tell the peer what we keep of what it asked for (PS3.4 section J.3.3).

        Raises PeerUnreachable, PeerRefused, PeerFailed.
        """
        kind, dataset = committing.report(commitment)
        role = build_role(COMMITMENT, scp_role=True)
        with self._associated([build_context(COMMITMENT)], roles=[role]) as association:
            status, _ = association.send_n_event_report(dataset, kind, COMMITMENT, COMMITMENT_INSTANCE)
            self._require_success(association, status)

    def _associated(
        self, contexts: Sequence[PresentationContext], **of_the_association: Any
    ) -> AbstractContextManager[Association]:
        settings = {"timeouts": self._timeouts, "message_bytes": self._object_bytes, **of_the_association}
        return associated(self._local, self._peer, contexts, **settings)

    def _require_success(self, association: Association, status: Dataset) -> None:
        if answered(self._peer, association, status).Status != SUCCESS:
            raise PeerFailed(f"{self._peer.name} says no: {spoken(status)}")

    def _sent(self, association: Association, one: Outgoing, message_id: int) -> Sent:
        uid = one.reference.sop_instance_uid
        if not association.is_established:
            raise PeerFailed(f"{self._peer.name} ended the association before everything was sent")
        status = store(association, one, message_id)
        if status is None:
            what = f"{UID(one.reference.sop_class_uid).name} in {one.transfer_syntax_uid.name}"
            return Sent(uid, False, f"it does not take objects of this kind: {what}")
        code = answered(self._peer, association, status).Status
        if code == SUCCESS:
            return Sent(uid, True)
        return Sent(uid, code in STORED_WITH_WARNING, spoken(status, STORED_WITH_WARNING, STORING_RANGES))
