"""The patient of reports: prepared once for all that headers say, and put into the database of each test."""

import hashlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scarmass.domain.masks import Mask
from scarmass.domain.reading import WallRules
from scarmass.domain.structures import Structure
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import Examiners
from scarmass.phantom.stack import Phantom, phantom
from scarmass.phantom.ventricle import Scar, Territory
from scarmass.services.context import Context
from tests.conftest import upload
from tests.fakes import OracleSegmenter, WithoutOutlines
from tests.kept import Kept
from tests.services.readings.driving import prepared
from tests.services.readings.reported import Reported, written

SCARS = (Scar(Territory.LAD, transmurality=0.9, half_angle=1.0, half_height=0.35, no_reflow=True),)
UNCONFINED = WallRules(confines_scar=False)
"""The oracle knows the scar, and not the ventricle."""


@pytest.fixture
def patient() -> dict[str, str]:
    """What the headers say of the patient and the acquisition; a test may say more, or other things."""
    return {"PatientName": "Müller^Zoë=王^小东", "PatientID": "TRUTH-7", "AccessionNumber": "ACC-7"}


@pytest.fixture(scope="session")
def subject() -> Phantom:
    return phantom(7, scars=SCARS, rows=96, columns=96, pixel_spacing_mm=(2.0, 2.0), number_of_slices=6)


@pytest.fixture(scope="session")
def kept_patients() -> dict[str, tuple[Kept[dict[str, Any]], dict[str, Mask]]]:
    """By what the headers say: the prepared reading as the API told it, and what an oracle knows of its files."""
    return {}


@pytest.fixture(scope="session")
def kept_unoutlined(keeping: Callable[..., Kept[str]], phantom_files: list[Path]) -> Kept[str]:
    """The phantom patient's stack, told by its id; its reading is prepared, and nobody outlined the ventricle."""

    def happens(client: TestClient, _: Context) -> str:
        stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
        prepared(client, stack_id)
        return stack_id

    return keeping(WithoutOutlines(), happens)


@pytest.fixture
def reported(
    client: TestClient,
    context: Context,
    tmp_path: Path,
    patient: dict[str, str],
    subject: Phantom,
    keeping: Callable[..., Kept[dict[str, Any]]],
    kept_patients: dict[str, tuple[Kept[dict[str, Any]], dict[str, Mask]]],
) -> Reported:
    if (headers := json.dumps(patient)) not in kept_patients:
        paths = written(subject, patient, tmp_path / "dicom")
        keys = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
        scars = dict(zip(keys, subject.masks[Structure.SCAR], strict=True))
        kept_patients[headers] = keeping(OracleSegmenter(scars), partial(_prepared, paths)), scars
    kept, scars = kept_patients[headers]
    kept.put_into(context)
    context.segmenter, context.wall = OracleSegmenter(scars), UNCONFINED
    return Reported(client, context, subject, kept.told)


def _prepared(paths: list[Path], client: TestClient, context: Context) -> dict[str, Any]:
    context.wall = UNCONFINED
    context.examiners = Examiners(Bounds(file_seconds=60, upload_seconds=600))  # a busy machine loses no slice
    reading = prepared(client, upload(client, paths)["studies"][0]["stacks"][0]["stack_id"])
    context.examiners.close()
    return reading
