"""Stacks: their slices and geometry, and what the reader says of their contrast."""

from fastapi import APIRouter

from scarmass.api import answers
from scarmass.api.dependencies import InContext, PathUid
from scarmass.api.schemas import common as schemas
from scarmass.services.readings.propose import load_stack
from scarmass.storage import studies

router = APIRouter(prefix="/api/v1/stacks", tags=["stacks"])


@router.get("/{stack_id}")
def get_stack(stack_id: PathUid, context: InContext) -> schemas.Stack:
    return answers.stack(context, load_stack(context, stack_id))


@router.patch("/{stack_id}")
def change_stack(stack_id: PathUid, change: schemas.StackChange, context: InContext) -> schemas.Stack:
    """Overrule what was read from the header; a field left out stays."""
    with context.database.transaction() as session:
        row = studies.get_stack(session, stack_id)
        if change.is_lge is not None:
            row.is_lge_by_reader = change.is_lge
        if change.contrast is not None:
            row.contrast_by_reader = change.contrast.value
    return answers.stack(context, row)
