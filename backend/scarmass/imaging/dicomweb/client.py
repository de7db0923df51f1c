"""A peer asked over DICOMweb (PS3.18): found, fetched and sent to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

import pydicom
import requests
from dicomweb_client import DICOMwebClient
from pydicom import Dataset

from scarmass.domain.errors import ObjectRefused, PeerFailed, PeerRefused, StudyIncomplete
from scarmass.domain.pacs import DicomwebPeer, FoundStudy, Progress, Report, Sent, StudyQuery
from scarmass.imaging.dicomweb import answers
from scarmass.imaging.dicomweb.session import Answer, new_session, refusal, spoken_errors

ANSWER_BYTES = 2**24
OBJECT_BYTES = 2**29
WAITS_S = (0.5, 2.0)
CONNECT_AND_READ_S = (10.0, 60.0)
CONFLICT = 409
PARTIAL = 206
OF_THE_OBJECT = (400, 413, 415, 422)
"""What a peer answers that takes this object not, but perhaps the next."""


class DicomwebClient:
    """The PacsClient of a DicomwebPeer. Every call is a session of its own.

    waits_s: before each further try of what only reads. timeouts_s: to connect, and between two pieces of an answer.
    object_bytes: that one object may take which the peer sends. answer_bytes: of every other answer.
    """

    def __init__(
        self,
        peer: DicomwebPeer,
        *,
        waits_s: Sequence[float] = WAITS_S,
        timeouts_s: tuple[float, float] = CONNECT_AND_READ_S,
        object_bytes: int = OBJECT_BYTES,
        answer_bytes: int = ANSWER_BYTES,
    ) -> None:
        self._peer = peer
        self._waits_s, self._timeouts_s = waits_s, timeouts_s
        self._object_bytes, self._answer_bytes = object_bytes, answer_bytes

    @property
    def peer(self) -> DicomwebPeer:
        return self._peer

    def echo(self) -> None:
        """Asks for one study (QIDO-RS). Raises PeerUnreachable, PeerRefused, PeerFailed."""
        self._search(StudyQuery(modality="", limit=1))

    def find(self, query: StudyQuery) -> list[FoundStudy]:
        """QIDO-RS, PS3.18 section 10.6. Raises PeerUnreachable, PeerRefused, PeerFailed."""
        studies: dict[str, FoundStudy] = {}
        for answer in self._search(query):
            if study := answers.found(answer, query):
                studies.setdefault(study.study_instance_uid, study)
        return list(studies.values())[: query.limit]

    def fetch(self, study_instance_uid: str, receive: Callable[[bytes], None], report: Report) -> None:
        """WADO-RS, each object in the transfer syntax in which the peer has it (PS3.18 section 10.4).

        What the last report lacks of the study did not come.

        Raises PeerUnreachable, PeerRefused, PeerFailed, StudyIncomplete, and what receive and report raise.
        """
        of = self._number_of_instances(study_instance_uid)
        with self._calling(self._object_bytes) as (web, responses):
            with spoken_errors(self._peer):
                objects = web.iter_study(study_instance_uid, media_types=(("application/dicom", "*"),))
            done = 0
            while content := self._next(objects, responses[-1]):
                receive(content)
                done += 1
                report(Progress(done, of))
            if not done:
                report(Progress(0, of))
            if responses[-1].status_code == PARTIAL and (of is None or done >= of):
                raise StudyIncomplete(f"{self._peer.name} sent only a part of the study, and not of how many objects")

    def send(self, objects: Sequence[bytes], report: Report) -> list[Sent]:
        """STOW-RS, an object a request (PS3.18 section 10.5).

        Raises ObjectRefused for what is no DICOM file, before any is sent; PeerUnreachable, PeerRefused, PeerFailed
        where the peer is not had or gives up: what was sent before is stored, and sent again changes nothing.
        """
        uids = [_sop_instance_uid(content) for content in objects]
        told: list[Sent] = []
        with self._calling(self._answer_bytes) as (web, _):
            for uid, content in zip(uids, objects, strict=True):
                told.append(self._store(web, uid, content))
                failed = sum(not one.is_stored for one in told)
                report(Progress(len(told) - failed, len(objects), failed))
        return told

    @contextmanager
    def _calling(self, most_bytes: int) -> Iterator[tuple[DICOMwebClient, list[requests.Response]]]:
        """dicomweb-client on a session of ours, and the responses that it had."""
        responses: list[requests.Response] = []
        with new_session(self._peer, self._waits_s, most_bytes) as session:
            session.hooks["response"].append(lambda response, **_: responses.append(response))
            with spoken_errors(self._peer):
                web = DICOMwebClient(self._peer.url.rstrip("/"), session=session, timeout=self._timeouts_s)
                web.set_http_retry_params(retry=False)
            yield web, responses
            for response in responses:
                response.close()

    def _search(self, query: StudyQuery) -> list:
        filters = answers.search_filters(query)
        with self._calling(self._answer_bytes) as (web, _), spoken_errors(self._peer):
            found = web.search_for_studies(limit=query.limit, fields=answers.RETURNED, search_filters=filters)
            if not isinstance(found, list):
                raise PeerFailed(f"{self._peer.name}: its answer to a search is no list")
            return found

    def _number_of_instances(self, study_instance_uid: str) -> int | None:
        if not answers.UID.fullmatch(study_instance_uid):
            raise PeerRefused(f"{self._peer.name} cannot be asked for a study whose UID is none")
        studies = self.find(StudyQuery(study_instance_uid=study_instance_uid, modality=""))
        if not studies:
            raise PeerRefused(f"{self._peer.name} has no such study")
        return studies[0].number_of_instances

    def _next(self, objects: Iterator[Dataset], response: requests.Response) -> bytes | None:
        """The next object as a file, None after the last one."""
        with spoken_errors(self._peer):
            one = next(objects, None)
            answer = response.raw
            if isinstance(answer, Answer):
                answer.renew()
                if answer.is_over and not answer.ends_as_multipart(response.headers["Content-Type"]):
                    raise PeerFailed(f"{self._peer.name}: its answer broke off")
            if one is None:
                return None
            file = BytesIO()
            pydicom.dcmwrite(file, one)
            return file.getvalue()

    def _store(self, web: DICOMwebClient, uid: str, content: bytes) -> Sent:
        with spoken_errors(self._peer):
            try:
                return answers.sent(web.store_instances([pydicom.dcmread(BytesIO(content))]), uid)
            except requests.HTTPError as error:
                response = error.response
                if response is not None and response.status_code == CONFLICT:
                    return answers.sent(Dataset.from_json(response.json()), uid)
                if response is not None and response.status_code in OF_THE_OBJECT:
                    return Sent(uid, False, str(refusal(response.status_code)))
                raise


def _sop_instance_uid(content: bytes) -> str:
    """Raises ObjectRefused where the content is no file of DICOM part 10."""
    try:
        return str(pydicom.dcmread(BytesIO(content), stop_before_pixels=True).SOPInstanceUID)
    except Exception as error:  # pydicom raises many kinds on what is no DICOM
        raise ObjectRefused("not a file of DICOM part 10: it cannot be sent") from error
