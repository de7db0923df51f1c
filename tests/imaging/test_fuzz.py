"""Whatever damage a file has, it is read or refused with a reason, and the next one is read.

SCARMASS_MUTATIONS sets how many damaged files are tried (2,000 by default); tests/imaging/fuzz.py tries more.
"""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from scarmass.domain.errors import ObjectRefused
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import Examined, Examiner
from scarmass.imaging.mr.header import MrObject
from scarmass.imaging.mr.pixels import stored_values
from tests.imaging.fuzz import SECONDS, mutations, seeds

pytestmark = pytest.mark.slow

MUTATIONS = int(os.environ.get("SCARMASS_MUTATIONS", "2000"))
HARMFUL = sorted((Path(__file__).parent / "harmful").iterdir())


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    examiner = Examiner(Bounds())
    yield examiner
    examiner.close()


def read(examiner: Examiner, path: Path) -> Examined | str:
    try:
        return examiner.examine(path, SECONDS)
    except ObjectRefused as refused:
        return str(refused)


def test_damaged_files_are_read_or_refused_and_what_was_read_can_be_shown(examiner: Examiner, tmp_path: Path) -> None:
    found = seeds(tmp_path)
    path = tmp_path / "damaged.dcm"
    for _, content in islice(mutations(found), MUTATIONS):
        path.write_bytes(content)
        outcome = read(examiner, path)
        if isinstance(outcome, MrObject):
            header = outcome.slices[0]
            values = stored_values(content)
            assert (values.shape, values.dtype.name) == ((header.rows, header.columns), header.dtype)
        else:
            assert outcome
    for name, content in found.items():
        path.write_bytes(content)
        assert isinstance(read(examiner, path), MrObject), name


@pytest.mark.parametrize("path", HARMFUL, ids=lambda path: path.stem)
def test_a_file_that_did_harm_once_is_refused_and_the_next_is_read(
    examiner: Examiner, path: Path, phantom_files: list[Path]
) -> None:
    assert isinstance(read(examiner, path), str)
    assert isinstance(read(examiner, phantom_files[0]), MrObject)
