"""What imports that were cut off leave on the disk."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from scarmass.services.context import Context
from scarmass.services.intake import take_in
from scarmass.storage import orphans
from scarmass.storage.files import INCOMING
from scarmass.storage.orphans import hold_files, sweep
from scarmass.storage.tables import PromotionRow

pytestmark = pytest.mark.slow


@pytest.fixture
def stored(context: Context, phantom_files: list[Path]) -> set[str]:
    """The names of a study's files."""
    with phantom_files[0].open("rb") as one, phantom_files[1].open("rb") as other:
        take_in(context.database, context.files, [("one", one), ("other", other)])
    return set(context.files.names())


def test_what_no_row_points_to_is_removed_and_what_is_stored_stays(context: Context, stored: set[str]) -> None:
    context.files.put(b"stored by an import that ended before its commit")
    (context.files.root / INCOMING / "of a process that ended").mkdir()
    assert sweep(context.database, context.files) == 2
    assert set(context.files.names()) == stored
    assert sweep(context.database, context.files) == 0


def test_what_is_named_while_others_are_removed_stays(
    context: Context, stored: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "AT_A_TIME", 1)
    _, second = sorted(context.files.put(bytes([number])) for number in range(2))
    remove = context.files.remove

    def remove_and_name_the_other(sha256s: Iterable[str]) -> int:
        with context.database.transaction() as session:
            of = {"kind": "segmenter", "name": "ours", "replaced_name": "", "replaced_sha256": "", "author": "Anna"}
            session.add(PromotionRow(sha256=second, **of))
        return remove(sha256s)

    monkeypatch.setattr(context.files, "remove", remove_and_name_the_other)
    assert sweep(context.database, context.files) == 1
    assert set(context.files.names()) == {*stored, second}


def test_files_of_an_import_that_still_runs_are_left_alone(context: Context, stored: set[str]) -> None:
    with context.database.transaction() as session:
        hold_files(session)
        sha256 = context.files.put(b"its row is not committed yet")
        assert sweep(context.database, context.files) == 0
        assert set(context.files.names()) == {*stored, sha256}
    assert sweep(context.database, context.files) == 1
