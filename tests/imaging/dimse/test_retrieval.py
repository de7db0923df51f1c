"""How far a retrieval is, as a peer counts it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydicom import Dataset
from pynetdicom.association import Association

from scarmass.domain.pacs import Progress
from scarmass.imaging.dimse.retrieval import progress_of
from scarmass.imaging.statuses import SUCCESS
from tests.imaging.dimse.keeper import SCANNER

PENDING, SOME_FAILED = 0xFF00, 0xB000
LAST = Progress(3, 10)


def told(status: int, **counts: int) -> Progress:
    dataset = Dataset()
    dataset.Status = status
    for kind, count in counts.items():
        setattr(dataset, f"NumberOf{kind}Suboperations", count)
    return progress_of(SCANNER, cast(Association, cast(Any, SimpleNamespace())), dataset, LAST)


@pytest.mark.parametrize(
    ("status", "counts", "progress"),
    [
        (PENDING, {}, LAST),
        (PENDING, {"Completed": 4, "Warning": 1, "Failed": 0, "Remaining": 5}, Progress(5, 10)),
        (SUCCESS, {"Completed": 10, "Warning": 0, "Failed": 0}, Progress(10, 10)),
        (SUCCESS, {"Completed": 2, "Remaining": 8}, Progress(2, 10)),
        (SOME_FAILED, {"Completed": 9, "Warning": 0, "Failed": 1}, Progress(9, 10, 1)),
    ],
)
def test_objects_are_counted_as_the_peer_tells(status: int, counts: dict[str, int], progress: Progress) -> None:
    assert told(status, **counts) == progress


def test_success_without_a_count_is_all_of_it() -> None:
    assert told(SUCCESS) == Progress(10, 10)
