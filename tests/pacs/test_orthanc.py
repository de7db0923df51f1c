"""What ours and Orthanc say to each other, in a network namespace where only loopback exists."""

from pathlib import Path

import pytest

from tests.pacs.orthanc import run_inside, why_not

INSIDE = sorted(Path(__file__).parent.glob("inside_*.py"))

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("test_file", INSIDE, ids=[path.stem for path in INSIDE])
def test_ours_and_orthanc_understand_each_other(test_file: Path) -> None:
    if missing := why_not():
        pytest.skip(missing)
    done = run_inside(test_file)
    assert done.returncode == 0, done.stdout + done.stderr
