"""dicom3tools' dciodvfy, an independent judge of whether an object is what its kind must be."""

import shutil
import subprocess
from pathlib import Path

import pytest

OF_THE_SOURCE = ("would be needed to build DICOMDIR", "Retired Person Name form")
"""Of what a study's images lack or say, which its results take over."""

OF_OWN_CODES = "Unrecognized defined term <99SCARMASS>"
"""It knows the standard's coding schemes only; those that begin with 99 are a maker's own (PS3.16 8.2)."""


def verdict(content: bytes, folder: Path) -> list[str]:
    """What it says of a file, errors and warnings, but for what the source images lack and for codes of our own."""
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    path = folder / "object.dcm"
    path.write_bytes(content)
    done = subprocess.run([tool, path], capture_output=True, text=True, errors="replace")
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.startswith(("Error", "Warning"))]
    return [line for line in said if not any(text in line for text in (*OF_THE_SOURCE, OF_OWN_CODES))]
