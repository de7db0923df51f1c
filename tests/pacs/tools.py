"""Other people's DICOM programs that ours is held against: Orthanc, dcmtk and dicom3tools.

`python -m tests.pacs.tools` installs those that are missing where it can, and says which are missing still: what needs
one of them skips.
"""

import shutil
import sys
from pathlib import Path

from tests.debian import install

PROGRAMS = {"Orthanc": "orthanc", "storescu": "dcmtk", "dciodvfy": "dicom3tools"}
"""One program of each package, by which it is known to be here."""

ORTHANC_DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def missing() -> list[str]:
    """The packages that are not here."""
    packages = [package for program, package in PROGRAMS.items() if shutil.which(program) is None]
    return packages if ORTHANC_DICOMWEB.exists() else [*packages, "orthanc-dicomweb"]


if __name__ == "__main__":
    if packages := missing():
        install(*packages)
    if packages := missing():
        print(f"Missing: {', '.join(packages)}. Tests that need them are skipped.", file=sys.stderr)
