"""Stacks: their slices and geometry, and what the reader says of their contrast."""

from fastapi import APIRouter

from scarmass.api.dependencies import CurrentReader, InContext, PathUid
from scarmass.api.schemas.studies import Stack, StackChange
from scarmass.services import stacks

router = APIRouter(prefix="/api/v1/stacks", tags=["stacks"])


@router.get("/{stack_id}")
def get_stack(stack_id: PathUid, context: InContext) -> Stack:
    return Stack.of(stacks.get_stack(context, stack_id), context.mass_extent, context.density_g_per_ml)


@router.patch("/{stack_id}")
def change_stack(stack_id: PathUid, change: StackChange, context: InContext, reader: CurrentReader) -> Stack:
    """Overrule what was read from the header; a field left out stays. Who did it and when is recorded."""
    stack = stacks.change_stack(context, stack_id, reader, change.is_lge, change.contrast)
    return Stack.of(stack, context.mass_extent, context.density_g_per_ml)
