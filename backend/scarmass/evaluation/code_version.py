"""Which code made a run."""

import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path


def code_version() -> str:
    """The commit of the code that runs, with -dirty where files were changed; the package's version outside git."""
    git = shutil.which("git")
    here = Path(__file__).parent
    if git:
        described = subprocess.run(
            [git, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        tracked = subprocess.run(
            [git, "ls-files", "--error-unmatch", __file__], cwd=here, capture_output=True, check=False
        )
        if not described.returncode and not tracked.returncode:
            return described.stdout.strip()
    return version("scarmass")
