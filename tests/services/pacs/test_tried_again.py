"""An object that was answered as stored and could not be read is tried again, and is never lost."""

from pathlib import Path
from signal import SIGALRM
from typing import Any

import pydicom
import pytest

from scarmass.domain.audit import Action, Outcome, Sought
from scarmass.domain.errors import NotExamined
from scarmass.imaging.examiner import Died, Examiner, Examiners
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.services.audit import page_of_events
from scarmass.services.context import Context
from scarmass.services.pacs import arrive
from scarmass.services.pacs.arrive import Arrivals, page_of_arrivals
from scarmass.storage.spool import Spool
from tests.imaging.segmentation_objects import changed

pytestmark = pytest.mark.slow


@pytest.fixture
def spool(networked: Context) -> Spool:
    assert networked.spool is not None
    return networked.spool


class Busy:
    """A machine on which reading a file takes too long so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left = times
        asked = Examiner._asked

        def busy(examiner: Examiner, *asked_for: Any) -> Any:
            self.left -= 1
            return Died(SIGALRM) if self.left >= 0 else asked(examiner, *asked_for)

        monkeypatch.setattr(Examiner, "_asked", busy)


def outcomes(context: Context) -> list[Outcome]:
    """Of what came over the network, the oldest first."""
    found = page_of_events(context, Sought(actions=(Action.IMPORT,)), 100, None)
    return [row.event.outcome for row in found if "route" not in row.event.about][::-1]


def test_what_took_too_long_waits_and_is_stored_when_the_machine_is_free(
    networked: Context, spool: Spool, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    Busy(monkeypatch, arrive.MOST_TRIES - 1)
    arriving = Arrivals(networked, spool)
    spool.put("SCANNER", [phantom_files[0].read_bytes()])
    arriving.work(gather_s=0)
    arriving.work(gather_s=0)
    assert len(list(spool.waiting())) == 1, "it waits for its time"
    assert (page_of_arrivals(networked, 10, None), outcomes(networked)) == ([], [])
    monkeypatch.setattr(arrive, "OBJECT_RETRY_S", 0)
    arriving = Arrivals(networked, spool)
    for _ in range(arrive.MOST_TRIES):
        arriving.work(gather_s=0)
    (arrival,) = page_of_arrivals(networked, 10, None)
    assert (arrival.objects, arrival.refused_count) == (1, 0)
    assert outcomes(networked) == [Outcome.SUCCESS]
    assert list(spool.waiting()) == list(spool.set_aside_before()) == []


def test_what_takes_too_long_each_time_is_refused_and_set_aside(
    networked: Context, spool: Spool, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Busy(monkeypatch, 1000)
    monkeypatch.setattr(arrive, "OBJECT_RETRY_S", 0)
    arriving = Arrivals(networked, spool)
    content = phantom_files[0].read_bytes()
    spool.put("SCANNER", [content])
    for _ in range(arrive.MOST_TRIES + 2):
        arriving.work(gather_s=0)
    assert busy.left == 1000 - arrive.MOST_TRIES
    (refused,) = page_of_arrivals(networked, 10, None)[0].refused
    assert refused.name == pydicom.dcmread(phantom_files[0]).SOPInstanceUID
    assert "takes longer than" in refused.reason
    assert outcomes(networked) == [Outcome.REFUSED]
    assert list(spool.waiting()) == []
    assert [path.read_bytes() for path in spool.set_aside_before()] == [content]


def test_the_objects_beside_one_that_is_tried_again_are_stored_at_once(
    networked: Context, spool: Spool, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    Busy(monkeypatch, 1)
    monkeypatch.setattr(arrive, "OBJECT_RETRY_S", 0)
    arriving = Arrivals(networked, spool)
    for path in phantom_files:
        spool.put("SCANNER", [path.read_bytes()])
    arriving.work(gather_s=0)
    assert page_of_arrivals(networked, 10, None)[0].objects == len(phantom_files) - 1
    arriving.work(gather_s=0)
    (arrival,) = page_of_arrivals(networked, 10, None)
    assert (arrival.objects, arrival.refused_count) == (len(phantom_files), 0)


def test_what_would_be_de_identified_is_not_set_aside_with_its_patient(
    networked: Context, spool: Spool, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    Busy(monkeypatch, 1000)
    monkeypatch.setattr(arrive, "OBJECT_RETRY_S", 0)
    networked.examiners = Examiners(processes=1, pseudonyms=Pseudonyms("x" * 32))
    arriving = Arrivals(networked, spool)
    spool.put("SCANNER", [phantom_files[0].read_bytes()])
    for _ in range(arrive.MOST_TRIES):
        arriving.work(gather_s=0)
    assert page_of_arrivals(networked, 10, None)[0].refused_count == 1
    assert list(spool.waiting()) == list(spool.set_aside_before()) == []


def test_what_could_not_be_compared_with_what_is_stored_is_tried_again(
    networked: Context, spool: Spool, phantom_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: object) -> bool:
        raise NotExamined("reading the file takes longer than 4 s")

    monkeypatch.setattr(arrive, "OBJECT_RETRY_S", 0)
    arriving = Arrivals(networked, spool)
    content = phantom_files[0].read_bytes()
    spool.put("SCANNER", [content])
    arriving.work(gather_s=0)
    spool.put("SCANNER", [changed(content, ImageComments="sent again")])
    with monkeypatch.context() as busy:
        busy.setattr(Examiner, "are_same_image", too_slow)
        arriving.work(gather_s=0)
    assert len(list(spool.waiting())) == 1
    arriving.work(gather_s=0)
    assert (page_of_arrivals(networked, 10, None)[0].refused_count, list(spool.waiting())) == (0, [])
