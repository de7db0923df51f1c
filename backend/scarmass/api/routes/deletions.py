"""Studies and patients deleted for good, and the record of it."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from scarmass.api.dependencies import CanManage, CurrentReader, InContext, PathUid
from scarmass.api.schemas.deletions import Deletion, DeletionRequest, Deletions
from scarmass.services.deletion.ask import delete_study, get_deletion, page_of_deletions

router = APIRouter(prefix="/api/v1", tags=["deletion"])


@router.delete("/studies/{study_instance_uid}", status_code=202)
def delete_study_for_good(
    study_instance_uid: PathUid, request: DeletionRequest, _: CanManage, context: InContext, reader: CurrentReader
) -> Deletion:
    """Delete a study that is off the worklist, or its patient with every study: images, readings, signed ones too,
    reports, exports. It goes on by itself and cannot be undone. The same request again is the same deletion."""
    return Deletion.of(
        delete_study(context.places, study_instance_uid, request.confirmation, request.to_domain(reader))
    )


@router.get("/deletions")
def list_deletions(
    _: CanManage,
    context: InContext,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Deletions:
    """What was deleted for good, and what of it goes on; the newest first."""
    found = page_of_deletions(context.places, limit + 1, cursor)
    page, more = found[:limit], len(found) > limit
    return Deletions(deletions=[Deletion.of(one) for one in page], next_cursor=page[-1].number if more else None)


@router.get("/deletions/{deletion_id}")
def show_deletion(deletion_id: uuid.UUID, _: CanManage, context: InContext) -> Deletion:
    return Deletion.of(get_deletion(context.places, deletion_id))
