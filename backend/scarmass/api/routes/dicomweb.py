"""DICOMweb (PS3.18): another program stores, looks for and fetches what is here."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from scarmass.api.costly import Uploads, declared_bytes, watching
from scarmass.api.dependencies import CanStore, CanView, InContext
from scarmass.api.media import DICOM, RELATED, dicom_types, json_type, multipart_of
from scarmass.api.multipart import OTHER_TYPE, Files, receive_related
from scarmass.api.routes.studies import UPLOAD_THREADS
from scarmass.api.schemas.dicomweb import match_response, store_response
from scarmass.domain.errors import SearchInvalid
from scarmass.imaging.dicom_json import metadata_of, transfer_syntax_of
from scarmass.imaging.statuses import CANNOT_UNDERSTAND
from scarmass.services.context import Context
from scarmass.services.dicomweb.objects import HeldObject, required_objects
from scarmass.services.dicomweb.search import MOST, Level, Search, key_named, search
from scarmass.services.dicomweb.store import Failed, StoreAnswer, store
from scarmass.storage.files import storage_full_is_a_fact

router = APIRouter(prefix="/dicomweb", tags=["dicomweb"], include_in_schema=False)

UID = re.compile(r"[!-.0-~]{1,64}")
LARGEST_NUMBER = 10**9
NO_KEYS = frozenset({"limit", "offset", "includefield", "fuzzymatching", "accept"})


def _base(request: Request) -> str:
    """Where these services are, as the client has reached them."""
    try:
        return f"{str(request.base_url).rstrip('/')}{router.prefix}"
    except ValueError as error:
        raise HTTPException(400, "the Host header names no host") from error


def _uids(request: Request) -> tuple[str | None, str | None, str | None]:
    study, series, instance = (request.path_params.get(name) for name in ("study", "series", "instance"))
    if any(uid is not None and not UID.fullmatch(uid) for uid in (study, series, instance)):
        raise HTTPException(400, "a UID in the address is none")
    return study, series, instance


Base = Annotated[str, Depends(_base)]
Uids = Annotated[tuple[str | None, str | None, str | None], Depends(_uids)]


@router.post("/studies", dependencies=[Uploads])
@router.post("/studies/{study}", dependencies=[Uploads])
async def store_instances(request: Request, _: CanStore, context: InContext, base: Base, uids: Uids) -> Response:
    """STOW-RS (10.5): 200 where all is stored, 202 where some is, 409 where nothing is."""
    media_type = json_type(request)
    with storage_full_is_a_fact(), context.files.incoming(declared_bytes(request)) as incoming:
        try:
            sent = await receive_related(request.headers, request.stream(), incoming.folder / "body")
        except ClientDisconnect as error:
            raise HTTPException(400, "the connection was lost before the body was whole") from error
        if not sent.parts:
            raise HTTPException(400, "the body holds no part")
        abandoned = threading.Event()
        with watching(request, abandoned):
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(UPLOAD_THREADS, _store, context, sent, abandoned, uids[0])
    status = 200 if not answer.failed else 202 if answer.kept else 409
    return Response(json.dumps(store_response(answer, base)), status, media_type=media_type)


def _store(context: Context, sent: Files, abandoned: threading.Event, only_study: str | None) -> StoreAnswer:
    with sent.path.open("rb") as file:
        parts = sent.opened(file)
        others = [name for name, _ in parts if name.startswith(OTHER_TYPE)]
        parts = [part for part in parts if not part[0].startswith(OTHER_TYPE)]
        answer = store(context, parts, sent.size, abandoned, only_study)
    answer.failed.extend(
        Failed(name.removeprefix(OTHER_TYPE), CANNOT_UNDERSTAND, "its Content-Type is not application/dicom")
        for name in others
    )
    return answer


@router.get("/studies")
def search_studies(request: Request, _: CanView, context: InContext, base: Base, uids: Uids) -> Response:
    """QIDO-RS (10.6)."""
    return _search(request, context, base, uids, Level.STUDY)


@router.get("/series")
@router.get("/studies/{study}/series")
def search_series(request: Request, _: CanView, context: InContext, base: Base, uids: Uids) -> Response:
    return _search(request, context, base, uids, Level.SERIES)


@router.get("/instances")
@router.get("/studies/{study}/instances")
@router.get("/studies/{study}/series/{series}/instances")
def search_instances(request: Request, _: CanView, context: InContext, base: Base, uids: Uids) -> Response:
    return _search(request, context, base, uids, Level.INSTANCE)


def _search(request: Request, context: Context, base: str, uids: Sequence[str | None], level: Level) -> Response:
    media_type = json_type(request)
    query = request.query_params
    try:
        keys = {key_named(name, level): query[name] for name in query if name not in NO_KEYS}
        limit, offset = _number(query.get("limit", str(MOST))), _number(query.get("offset", "0"))
        found, more = search(context, Search(level, uids[0], uids[1], keys, limit, offset))
    except SearchInvalid as error:
        raise HTTPException(400, str(error)) from error
    # 8.3.4.4: how a client learns that there is more.
    told = {"Warning": f'299 {base}: "There are additional results that can be requested"'} if more else None
    matches = [match_response(one, level, base) for one in found]
    return Response(json.dumps(matches), media_type=media_type, headers=told)


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > LARGEST_NUMBER:
        raise SearchInvalid("limit and offset are whole numbers")
    return int(text)


@router.get("/studies/{study}/metadata")
@router.get("/studies/{study}/series/{series}/metadata")
@router.get("/studies/{study}/series/{series}/instances/{instance}/metadata")
def retrieve_metadata(request: Request, _: CanView, context: InContext, uids: Uids) -> Response:
    """WADO-RS (10.4): the headers, without bulk data."""
    media_type = json_type(request)
    objects = _required(context, uids)

    def pieces() -> Iterator[bytes]:
        for number, one in enumerate(objects):
            yield (b"," if number else b"[") + json.dumps(metadata_of(one.header())).encode()
        yield b"]"

    return StreamingResponse(pieces(), media_type=media_type)


@router.get("/studies/{study}")
@router.get("/studies/{study}/series/{series}")
@router.get("/studies/{study}/series/{series}/instances/{instance}")
def retrieve(request: Request, _: CanView, context: InContext, uids: Uids) -> Response:
    """WADO-RS (10.4): the files, byte for byte as they came in; a transfer syntax that they don't have is a 406."""
    types = dicom_types(request)
    objects = _required(context, uids)
    kind = _type_of(objects, types, is_instance=uids[2] is not None)
    if kind == DICOM:
        return StreamingResponse(objects[0].pieces(), media_type=DICOM)
    content_type, pieces = multipart_of(one.pieces() for one in objects)
    return StreamingResponse(pieces, headers={"Content-Type": content_type})


def _required(context: Context, uids: tuple[str | None, str | None, str | None]) -> list[HeldObject]:
    study, series, instance = uids
    assert study is not None
    return required_objects(context, study, series, instance)


def _type_of(objects: list[HeldObject], types: list[tuple[str, str]], is_instance: bool) -> str:
    syntaxes: set[str] | None = None
    for kind, syntax in types:
        if kind == RELATED or is_instance:
            if syntax == "*":
                return kind
            syntaxes = syntaxes or {transfer_syntax_of(one.header()) for one in objects}
            if syntaxes == {syntax}:
                return kind
    raise HTTPException(406, "this is had as multipart/related, in the transfer syntax that it is stored in")
