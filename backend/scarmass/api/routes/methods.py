"""What readers' reference methods make of a reading: told, never stored."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Path

from scarmass.api.dependencies import CanView, InContext
from scarmass.api.schemas.methods import Methods, MethodsRequest, regions_of
from scarmass.services.readings.methods import by_methods, by_standard_method

router = APIRouter(prefix="/api/v1/readings/{reading_id}/methods", tags=["readings"])


@router.get("")
def list_methods(reading_id: uuid.UUID, _: CanView, context: InContext) -> Methods:
    """The standard set, in the contours that the reading holds and the regions that are proposed."""
    return Methods.of(by_methods(context, reading_id, {}))


@router.get("/{key}")
def get_method(
    reading_id: uuid.UUID, key: Annotated[str, Path(max_length=64, pattern=r"^[!-~]+$")], _: CanView, context: InContext
) -> Methods:
    """One of the standard set, with its masks."""
    return Methods.of(by_standard_method(context, reading_id, key), with_masks=True)


@router.post("")
def ask_methods(reading_id: uuid.UUID, request: MethodsRequest, _: CanView, context: InContext) -> Methods:
    """These methods, in the regions that a reader placed; the reading stays as it is."""
    methods = request.methods_to_domain()
    asked = by_methods(context, reading_id, regions_of(request.regions), methods, request.adds_no_reflow)
    return Methods.of(asked, request.with_masks)
