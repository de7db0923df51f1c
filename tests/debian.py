"""Programs of Debian's packages that tests drive, installed by apt where we are root and they are missing."""

import os
import shutil
import subprocess
import sys


def install(*packages: str) -> None:
    """Try to install them; who needs one looks afterwards whether it is there."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "--quiet", *arguments], check=False, env=environment, stdout=sys.stderr)
