"""Stored studies, stacks and slices: looked up, overruled, and as the images that models and pages see."""

from hashlib import sha256

from numpy.typing import NDArray

from scarmass.domain.other_views import OtherView, View, other_views, views_of
from scarmass.domain.protocols import SliceImage
from scarmass.domain.stack import Contrast, Slice, Stack
from scarmass.domain.study_groups import require_seen
from scarmass.domain.training_consent import ConsentState, TrainingConsent
from scarmass.domain.worklist import ListedStudy
from scarmass.imaging.mr.pixels import slice_values, stored_values, thumbnail_png
from scarmass.services.context import Context
from scarmass.storage import removals, stacks, studies, training_consents, worklist
from scarmass.storage.files import FileStore


def get_study(context: Context, study_instance_uid: str) -> ListedStudy:
    """Raises StudyNotFound."""
    with context.database.moment() as session:
        return worklist.listed_study(session, study_instance_uid)


def page_of_studies(context: Context, limit: int, after: tuple[str, str] | None, removed: bool) -> list[ListedStudy]:
    """Studies newest first, at most limit, those after (study_date, study_instance_uid).

    removed: those that were taken off the worklist, instead of those on it.
    """
    with context.database.moment() as session:
        return worklist.page_of_studies(session, limit, after, removed)


def set_removed(context: Context, study_instance_uid: str, author: str, removed: bool) -> None:
    """Take a study off the worklist, or bring it back; its images and readings stay. Raises StudyNotFound."""
    with context.database.transaction() as session:
        removals.set_removed(session, study_instance_uid, author, removed)


def set_study_group(context: Context, study_instance_uid: str, author: str, study_group: str) -> None:
    """Let another group see the study. Raises StudyNotFound, NotAllowed where the author does not see that group."""
    sight = context.database.sight
    require_seen(None if sight is None else sight.study_groups, study_group)
    with context.database.transaction() as session:
        studies.set_study_group(session, study_instance_uid, author, study_group)


def set_training_consent(
    context: Context, study_instance_uid: str, author: str, state: ConsentState
) -> TrainingConsent:
    """Note whether models may learn from the study. Raises StudyNotFound, ConsentWithdrawn."""
    with context.database.transaction() as session:
        training_consents.set_training_consent(session, study_instance_uid, author, state)
        return worklist.listed_study(session, study_instance_uid).training_consent


def get_stack(context: Context, stack_id: str) -> Stack:
    """Raises StackNotFound."""
    with context.database.moment() as session:
        return stacks.get_stack(session, stack_id)


def other_views_of(context: Context, stack_id: str) -> list[OtherView]:
    """What its study shows beside the stack. Raises StackNotFound."""
    with context.database.moment() as session:
        stack = stacks.get_stack(session, stack_id)
        return other_views(stack, studies.get_study(session, stack.study.study_instance_uid).stacks)


def view_of(context: Context, stack_id: str) -> View:
    """The stack, or where it is one phase of a cine, all phases. Raises StackNotFound."""
    with context.database.moment() as session:
        stack = stacks.get_stack(session, stack_id)
        views = views_of(studies.get_study(session, stack.study.study_instance_uid).stacks)
        return next(view for view in views if any(one.stack_id == stack_id for one in view.stacks))


def get_slice(context: Context, sop_instance_uid: str, frame_number: int) -> tuple[Stack, Slice]:
    """The slice and its stack. Raises SliceNotFound."""
    with context.database.moment() as session:
        return stacks.get_slice(session, sop_instance_uid, frame_number)


def get_image(context: Context, sop_instance_uid: str, frame_number: int) -> Slice:
    """The slice by itself, which its pixels are of. Raises SliceNotFound."""
    with context.database.moment() as session:
        return stacks.get_image(session, sop_instance_uid, frame_number)


def change_stack(
    context: Context,
    stack_id: str,
    author: str,
    is_lge: bool | None,
    contrast: Contrast | None,
    slice_thickness_mm: float | None = None,
) -> Stack:
    """Overrule what was read from the headers, or say what they lack; None stays.

    Raises StackNotFound, ThicknessKnown.
    """
    with context.database.transaction() as session:
        return stacks.change_stack(session, stack_id, author, is_lge, contrast, slice_thickness_mm)


def pixels_of(files: FileStore, one: Slice) -> NDArray:
    """Stored values (rows, columns), little-endian. Raises PixelsUndecodable."""
    return stored_values(files.get(one.sha256), one.header.frame_number)


def slice_image(files: FileStore, one: Slice) -> SliceImage:
    """Rescaled float32 pixels (rows, columns) with their spacing; those of one series count as one stack."""
    values = slice_values(files.get(one.sha256), one.header)
    series = sha256(one.header.series_instance_uid.encode()).hexdigest()
    return SliceImage(one.pixels_key, values, one.header.pixel_spacing_mm, series)


def thumbnail(files: FileStore, one: Slice) -> bytes:
    """A small PNG of the slice."""
    image = slice_image(files, one)
    return thumbnail_png(image.pixels, image.pixel_spacing_mm)
