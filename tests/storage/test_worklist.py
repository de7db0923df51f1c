"""What the worklist is told of stored studies, beside the studies themselves."""

from pathlib import Path

import pytest
from sqlalchemy import event

from scarmass.domain.errors import StudyNotFound
from scarmass.domain.stack import Contrast
from scarmass.domain.worklist import ListedStack
from scarmass.main import import_paths
from scarmass.services.context import Context
from scarmass.storage import stacks, studies, worklist
from scarmass.storage.tables import StackRow


def test_it_tells_of_each_stack_what_the_study_has(context: Context, phantom_files: list[Path]) -> None:
    (listed,) = import_paths(context.database, context.files, context.examiners, phantom_files).studies
    with context.database.transaction() as session:
        (told,) = listed.stacks
        stacks.change_stack(session, told.stack_id, "Anna", is_lge=False, contrast=None, slice_thickness_mm=None)
        study = studies.get_study(session, listed.header.study_instance_uid)
        assert worklist.page_of_studies(session, 10, None, removed=False) == [
            worklist.listed_study(session, study.header.study_instance_uid)
        ]
        (told,) = worklist.listed_study(session, study.header.study_instance_uid).stacks
    (stack,) = study.stacks
    assert listed.header == study.header
    assert (told.is_lge, told.is_lge_because) == (stack.is_lge, stack.is_lge_because) == (False, "set by the reader")
    assert (told.stack_id, told.description, told.contrast) == (stack.stack_id, stack.description, stack.contrast)
    assert told.number_of_slices == len(stack.slices) == len(phantom_files)
    assert set(told.series_instance_uids) == {one.header.series_instance_uid for one in stack.slices}


def test_a_study_that_is_not_there_is_not_found(context: Context) -> None:
    with context.database.transaction() as session, pytest.raises(StudyNotFound):
        worklist.listed_study(session, "1.2.3")


def test_stacks_come_in_their_order_those_without_slices_too(context: Context, phantom_files: list[Path]) -> None:
    (listed,) = import_paths(context.database, context.files, context.examiners, phantom_files).studies
    of = {"study_instance_uid": listed.header.study_instance_uid, "contrast": "magnitude", "is_lge_because": ""}
    with context.database.transaction() as session:
        for ordinal in (2, 1):
            named = {"stack_id": f"empty {ordinal}", "ordinal": ordinal, "description": ""}
            session.add(StackRow(**of, **named, is_lge=False, warnings=[], repeats=[]))
        session.flush()
        told = worklist.listed_study(session, listed.header.study_instance_uid).stacks
    assert told == (
        *listed.stacks,
        *(ListedStack(f"empty {n}", (), "", Contrast.MAGNITUDE, False, "", number_of_slices=0) for n in (1, 2)),
    )


def test_no_slice_is_read_for_it_however_many_there_are(
    context: Context, phantom_files: list[Path], other_phantom_files: list[Path]
) -> None:
    import_paths(context.database, context.files, context.examiners, [*phantom_files, *other_phantom_files])
    fetched = []
    with context.database.transaction() as session:
        connection = session.connection()
        event.listen(connection, "after_cursor_execute", lambda _, cursor, *rest: fetched.append(cursor.rowcount))
        worklist.page_of_studies(session, 10, None, removed=False)
    assert fetched == [2, 2]
