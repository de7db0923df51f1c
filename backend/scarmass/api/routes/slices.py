"""Slices: raw pixels for the page, a thumbnail, the object as stored."""

import re
from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from scarmass.api.costly import AsksModelsWhileWaiting
from scarmass.api.dependencies import CanView, InContext, PathFrameNumber, PathUid
from scarmass.api.schemas.common import Rle, Sensitivity
from scarmass.api.schemas.models import PixelsAbove
from scarmass.services.context import Context
from scarmass.services.limits import Limit, pixels_above
from scarmass.services.stacks import get_image, pixels_of, thumbnail

router = APIRouter(prefix="/api/v1/slices/{sop_instance_uid}/{frame_number}", tags=["slices"])

CACHE = "private, no-cache"


def _binary(media_type: str) -> dict:
    return {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}


@router.get("/pixels", response_class=Response, responses={200: _binary("application/octet-stream")})
def get_pixels(
    sop_instance_uid: PathUid, frame_number: PathFrameNumber, request: Request, _: CanView, context: InContext
) -> Response:
    """Stored values, rows x columns, little-endian, of the dtype that the stack names."""
    return _answer(
        context,
        request,
        (sop_instance_uid, frame_number),
        "application/octet-stream",
        lambda one: pixels_of(context.files, one).tobytes(),
    )


@router.get("/thumbnail", response_class=Response, responses={200: _binary("image/png")})
def get_thumbnail(
    sop_instance_uid: PathUid, frame_number: PathFrameNumber, request: Request, _: CanView, context: InContext
) -> Response:
    return _answer(
        context,
        request,
        (sop_instance_uid, frame_number),
        "image/png",
        lambda one: thumbnail(context.files, one),
    )


@router.get("/file", response_class=Response, responses={200: _binary("application/dicom")})
def get_file(
    sop_instance_uid: PathUid, frame_number: PathFrameNumber, request: Request, _: CanView, context: InContext
) -> Response:
    """The DICOM object, byte for byte as it came."""
    answer = _answer(
        context,
        request,
        (sop_instance_uid, frame_number),
        "application/dicom",
        lambda one: context.files.get(one.sha256),
    )
    # Never shown in the page's place; not every UID that comes is made of digits and dots.
    name = re.sub(r"[^\w.-]", "_", sop_instance_uid, flags=re.ASCII)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.dcm"'
    return answer


@router.get("/above", dependencies=[AsksModelsWhileWaiting])
def get_pixels_above(
    sop_instance_uid: PathUid,
    frame_number: PathFrameNumber,
    limit: Limit,
    _: CanView,
    context: InContext,
    sensitivity: Sensitivity = 0.0,
) -> PixelsAbove:
    """The pixels above a signal limit of this slice, or above the model's: what a threshold brush may paint.

    sensitivity: of the reading that is painted; it moves the model's limit alone.
    """
    return PixelsAbove(mask=Rle.of(pixels_above(context, sop_instance_uid, frame_number, limit, sensitivity)))


def _answer(context: Context, request: Request, key: tuple[str, int], media_type: str, content: Callable) -> Response:
    """Stored objects never change, so their sha256 is the ETag; a browser that keeps them asks whether it still may."""
    one = get_image(context, *key)
    headers = {"ETag": f'"{one.pixels_key}"', "Cache-Control": CACHE}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content(one), media_type=media_type, headers=headers)
