"""Which request is which event of the audit trail, and whose data it is about: one row for each route."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from starlette.routing import compile_path

from scarmass.domain.audit import Action, Named


class Where(StrEnum):
    """body: of the request, answer: of the response; both JSON."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    ANSWER = "answer"


@dataclass(frozen=True)
class Of:
    """What a request names, and where: a name in the path or the query, or the names that lead to it in JSON, through
    the items of lists."""

    named: Named
    where: Where
    names: tuple[str, ...]


@dataclass(frozen=True)
class Audited:
    """of: whose data it is, by whichever of these is there. is_folded: asked again and again, it is recorded once in a
    while. tells: what else of the query or the answer is kept. claims: the field of the body that says who it is.
    """

    action: Action
    of: tuple[Of, ...] = ()
    is_folded: bool = False
    tells: tuple[str, ...] = ()
    claims: str = ""

    def reads(self, where: Where) -> bool:
        of_body = where is Where.BODY and bool(self.claims)
        return of_body or any(one.where is where for one in self.of) or (where is Where.ANSWER and bool(self.tells))


def _path(named: Named, name: str) -> Of:
    return Of(named, Where.PATH, (name,))


_STUDY = _path(Named.STUDY, "study_instance_uid")
_STACK = _path(Named.STACK, "stack_id")
_READING = _path(Named.READING, "reading_id")
_INSTANCE = _path(Named.INSTANCE, "sop_instance_uid")
_OF_STUDY = _path(Named.STUDY, "study")
_OF_TRANSFER = _path(Named.TRANSFER, "transfer_id")
_STORED = Of(Named.INSTANCE, Where.ANSWER, ("00081199", "Value", "00081155", "Value"))
_ASKED = tuple(
    Of(named, Where.BODY, names)
    for named, names in (
        (Named.STACK, ("stack_id",)),
        (Named.INSTANCE, ("sop_instance_uid",)),
        (Named.INSTANCE, ("slices", "sop_instance_uid")),
    )
)

_LISTED = Audited(Action.LIST, is_folded=True)
_SEEN_STUDY = Audited(Action.OPEN, (_STUDY,), is_folded=True)
_SEEN_STACK = Audited(Action.OPEN, (_STACK,), is_folded=True)
_SEEN_READING = Audited(Action.OPEN, (_READING,), is_folded=True)
_SEEN_INSTANCE = Audited(Action.OPEN, (_INSTANCE,), is_folded=True)
_FETCHED = Audited(Action.EXPORT, (_OF_STUDY,), is_folded=True)
_HEADERS = Audited(Action.OPEN, (_OF_STUDY,), is_folded=True)
_SEARCHED = Audited(Action.LIST, (_OF_STUDY,), is_folded=True)
_STORES = Audited(Action.IMPORT, (_OF_STUDY, _STORED))
_MODELS = Audited(Action.ASK, _ASKED, is_folded=True)
_ADMINISTERS = Audited(Action.ADMINISTER)

AUDITED: Mapping[str, Audited] = MappingProxyType(
    {
        "POST /api/v1/studies": Audited(
            Action.IMPORT,
            (Of(Named.STUDY, Where.ANSWER, ("studies", "study_instance_uid")),),
            tells=("stored", "already_here", "rejected"),
        ),
        "GET /api/v1/studies": _LISTED,
        "GET /api/v1/studies/{study_instance_uid}": _SEEN_STUDY,
        "PATCH /api/v1/studies/{study_instance_uid}": Audited(Action.REMOVE, (_STUDY,)),
        "DELETE /api/v1/studies/{study_instance_uid}": Audited(Action.DELETE, (_STUDY,)),
        "PUT /api/v1/studies/{study_instance_uid}/training-consent": Audited(
            Action.CONSENT, (_STUDY,), tells=("state",)
        ),
        "GET /api/v1/studies/{study_instance_uid}/priors": _SEEN_STUDY,
        "GET /api/v1/studies/{study_instance_uid}/segmentations": _SEEN_STUDY,
        "GET /api/v1/stacks/{stack_id}": _SEEN_STACK,
        "PATCH /api/v1/stacks/{stack_id}": Audited(Action.STACK, (_STACK,)),
        "GET /api/v1/stacks/{stack_id}/view": _SEEN_STACK,
        "GET /api/v1/stacks/{stack_id}/other_views": _SEEN_STACK,
        "GET /api/v1/stacks/{stack_id}/images": _SEEN_STACK,
        "GET /api/v1/stacks/{stack_id}/readings": _SEEN_STACK,
        "POST /api/v1/stacks/{stack_id}/readings": Audited(Action.OPEN, (_STACK,)),
        "GET /api/v1/stacks/{stack_id}/segmentations/{sop_instance_uid}": _SEEN_STACK,
        "POST /api/v1/stacks/{stack_id}/readings/from-segmentation": Audited(Action.EDIT, (_STACK,)),
        "GET /api/v1/slices/{sop_instance_uid}/{frame_number}/pixels": _SEEN_INSTANCE,
        "GET /api/v1/slices/{sop_instance_uid}/{frame_number}/thumbnail": _SEEN_INSTANCE,
        "GET /api/v1/slices/{sop_instance_uid}/{frame_number}/above": _SEEN_INSTANCE,
        "GET /api/v1/slices/{sop_instance_uid}/{frame_number}/file": Audited(
            Action.EXPORT, (_INSTANCE,), is_folded=True
        ),
        "POST /api/v1/detect": _MODELS,
        "POST /api/v1/segment": _MODELS,
        "POST /api/v1/mass": _MODELS,
        "GET /api/v1/readings/{reading_id}": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/events": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/edits": _SEEN_READING,
        "POST /api/v1/readings/{reading_id}/edits": Audited(Action.EDIT, (_READING,)),
        "GET /api/v1/readings/{reading_id}/spread": _SEEN_READING,
        "POST /api/v1/readings/{reading_id}/look": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/methods": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/methods/{key}": _SEEN_READING,
        "POST /api/v1/readings/{reading_id}/methods": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/segments17": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/segments17/levels": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/landmarks/proposed": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/pattern": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/bulls_eye": _SEEN_READING,
        "POST /api/v1/readings/{reading_id}/sign": Audited(Action.SIGN, (_READING,)),
        "POST /api/v1/readings/{reading_id}/amend": Audited(Action.AMEND, (_READING,)),
        "GET /api/v1/readings/{reading_id}/compare": _SEEN_READING,
        "GET /api/v1/readings/{reading_id}/report": _SEEN_READING,
        "GET /readings/{reading_id}/report": _SEEN_READING,
        "POST /api/v1/readings/{reading_id}/report/text": Audited(Action.EDIT, (_READING,)),
        "GET /api/v1/readings/{reading_id}/export": Audited(Action.EXPORT, (_READING,), tells=("format", "table")),
        "GET /api/v1/export": Audited(
            Action.EXPORT, (Of(Named.READING, Where.QUERY, ("reading",)),), tells=("format",)
        ),
        "POST /api/v1/reader-studies": Audited(Action.READER_STUDY),
        "GET /api/v1/reader-studies": _LISTED,
        "GET /api/v1/reader-studies/{study_id}": _LISTED,
        "POST /api/v1/reader-studies/{study_id}/next": Audited(
            Action.OPEN, (Of(Named.READING, Where.ANSWER, ("reading_id",)),)
        ),
        "GET /api/v1/reader-studies/{study_id}/results": _LISTED,
        "GET /api/v1/reader-studies/{study_id}/comparisons/{number}/bland-altman": _LISTED,
        "GET /api/v1/pacs/studies": Audited(
            Action.QUERY, (Of(Named.PATIENT, Where.QUERY, ("patient_id",)),), tells=("peer",)
        ),
        "POST /api/v1/pacs/fetches": Audited(
            Action.FETCH, (Of(Named.STUDY, Where.ANSWER, ("study_instance_uid",)),), tells=("peer",)
        ),
        "POST /api/v1/readings/{reading_id}/send": Audited(Action.SEND, (_READING,), tells=("peer",)),
        "GET /api/v1/pacs/transfers": _LISTED,
        "POST /api/v1/pacs/transfers/{transfer_id}/retry": Audited(Action.SEND, (_OF_TRANSFER,), tells=("peer",)),
        "POST /api/v1/pacs/transfers/{transfer_id}/cancel": Audited(Action.SEND, (_OF_TRANSFER,), tells=("peer",)),
        "GET /api/v1/pacs/arrivals": _LISTED,
        "POST /api/v1/pacs/rules/test": Audited(
            Action.OPEN, (Of(Named.STUDY, Where.BODY, ("study_instance_uid",)),), is_folded=True
        ),
        "POST /dicomweb/studies": _STORES,
        "POST /dicomweb/studies/{study}": _STORES,
        "GET /dicomweb/studies": _SEARCHED,
        "GET /dicomweb/series": _SEARCHED,
        "GET /dicomweb/studies/{study}/series": _SEARCHED,
        "GET /dicomweb/instances": _SEARCHED,
        "GET /dicomweb/studies/{study}/instances": _SEARCHED,
        "GET /dicomweb/studies/{study}/series/{series}/instances": _SEARCHED,
        "GET /dicomweb/studies/{study}/metadata": _HEADERS,
        "GET /dicomweb/studies/{study}/series/{series}/metadata": _HEADERS,
        "GET /dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata": _HEADERS,
        "GET /dicomweb/studies/{study}": _FETCHED,
        "GET /dicomweb/studies/{study}/series/{series}": _FETCHED,
        "GET /dicomweb/studies/{study}/series/{series}/instances/{instance}": _FETCHED,
        "GET /api/v1/audit": Audited(Action.AUDIT),
        "GET /api/v1/audit/export": Audited(Action.AUDIT),
        "POST /api/v1/session": Audited(Action.SIGN_IN, claims="user_name"),
        "GET /login/callback": Audited(Action.SIGN_IN),
        "DELETE /api/v1/session": Audited(Action.SIGN_OUT),
        "DELETE /api/v1/sessions": Audited(Action.SIGN_OUT),
        "PUT /api/v1/session/password": _ADMINISTERS,
        "POST /api/v1/people": _ADMINISTERS,
        "PATCH /api/v1/people/{person_id}": _ADMINISTERS,
        "POST /api/v1/tokens": _ADMINISTERS,
        "DELETE /api/v1/tokens/{token_id}": _ADMINISTERS,
    }
)

_NO_PATIENT = "no patient is on it"
_OF_ITS_DATA = "what is on the page comes by requests that are recorded"

NOT_AUDITED: Mapping[str, str] = MappingProxyType(
    {
        "GET /healthz": _NO_PATIENT,
        "GET /readyz": _NO_PATIENT,
        "GET /metrics": _NO_PATIENT,
        "GET /docs": _NO_PATIENT,
        "GET /openapi.json": _NO_PATIENT,
        "GET /": _OF_ITS_DATA,
        "GET /stacks/{stack_id}": _OF_ITS_DATA,
        "GET /reader-studies": _OF_ITS_DATA,
        "GET /reader-studies/{study_id}": _OF_ITS_DATA,
        "GET /pacs": _OF_ITS_DATA,
        "GET /audit": _OF_ITS_DATA,
        "GET /people": _NO_PATIENT,
        "GET /login": _NO_PATIENT,
        "GET /login/provider": "who comes back from there is recorded",
        "GET /api/v1/session": "it tells somebody who they are",
        "GET /api/v1/people": _NO_PATIENT,
        "GET /api/v1/tokens": _NO_PATIENT,
        "GET /api/v1/deletions": _NO_PATIENT,
        "GET /api/v1/deletions/{deletion_id}": _NO_PATIENT,
        "GET /api/v1/promotions": _NO_PATIENT,
        "POST /api/v1/readings/{reading_id}/work": "a row of its own says who worked how long; the opening is recorded",
        "GET /api/v1/pacs/peers": _NO_PATIENT,
        "POST /api/v1/pacs/peers/{name}/echo": _NO_PATIENT,
        "GET /api/v1/pacs/rules": _NO_PATIENT,
    }
)
"""Every other route, and why nothing of it is recorded; the files below /static are the page's own."""


@dataclass(frozen=True)
class Requested:
    """A request that is recorded. route: its method and its path as the table has it. path: what its path names."""

    route: str
    audited: Audited
    path: Mapping[str, str]


def requested(method: str, path: str) -> Requested | None:
    """The row of a request, None where it is not recorded or there is no such route."""
    for pattern, route in _PATTERNS.get(method, ()):
        if found := pattern.match(path):
            return Requested(route, AUDITED[route], found.groupdict())
    return None


def named_in(document: Any, names: tuple[str, ...]) -> Iterator[str]:
    """The texts and numbers that these names lead to in JSON, through the items of lists."""
    if isinstance(document, list):
        for one in document:
            yield from named_in(one, names)
    elif names:
        if isinstance(document, dict) and names[0] in document:
            yield from named_in(document[names[0]], names[1:])
    elif isinstance(document, str | int | float):
        yield str(document)


def _patterns() -> dict[str, list[tuple[re.Pattern[str], str]]]:
    found: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for route in AUDITED:
        method, _, path = route.partition(" ")
        found.setdefault(method, []).append((compile_path(path)[0], route))
    return found


_PATTERNS = _patterns()
