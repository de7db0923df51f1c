"""Stacks: their slices and geometry, and what the reader says of their contrast."""

from fastapi import APIRouter

from scarmass.api.costly import AsksModelsWhileWaiting
from scarmass.api.dependencies import CanRead, CanView, CurrentReader, InContext, PathUid
from scarmass.api.schemas.other_views import OtherViews, ViewImages
from scarmass.api.schemas.stacks import Stack, StackChange, View
from scarmass.services import stacks
from scarmass.services.opening_view import opening_view

router = APIRouter(prefix="/api/v1/stacks", tags=["stacks"])


@router.get("/{stack_id}")
def get_stack(stack_id: PathUid, _: CanView, context: InContext) -> Stack:
    return Stack.of(stacks.get_stack(context, stack_id), context.mass_extent, context.density_g_per_ml)


@router.get("/{stack_id}/view", dependencies=[AsksModelsWhileWaiting])
def get_view(stack_id: PathUid, _: CanView, context: InContext) -> View:
    """Where the heart lies, the window between healthy myocardium and scar, and which end of the stack is the apex."""
    return View.of(opening_view(context, stack_id))


@router.get("/{stack_id}/other_views")
def get_other_views(stack_id: PathUid, _: CanView, context: InContext) -> OtherViews:
    """What the study shows beside this stack, without its images; a cine is one view."""
    return OtherViews.of(stacks.other_views_of(context, stack_id))


@router.get("/{stack_id}/images")
def get_images(stack_id: PathUid, _: CanView, context: InContext) -> ViewImages:
    """The images of the stack, or of all phases of the cine that it is a phase of."""
    return ViewImages.of(stacks.view_of(context, stack_id))


@router.patch("/{stack_id}")
def change_stack(
    stack_id: PathUid, change: StackChange, _: CanRead, context: InContext, reader: CurrentReader
) -> Stack:
    """Overrule what was read from the header; a field left out stays. Who did it and when is recorded.

    A slice thickness is taken where the headers lack it.
    """
    said = change.is_lge, change.contrast, change.slice_thickness_mm
    stack = stacks.change_stack(context, stack_id, reader, *said)
    return Stack.of(stack, context.mass_extent, context.density_g_per_ml)
