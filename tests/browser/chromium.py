"""Finds the Chromium that browser tests drive: from PATH, else Playwright's, else by apt where we are root.

`python -m tests.browser.chromium` prints its path, or says which command is missing and fails.
"""

import os
import shutil
import sys
from pathlib import Path

from tests.debian import install

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = "No Chromium found: run `.venv/bin/playwright install --with-deps chromium` or install the package chromium."

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]
WITHOUT_WEBGL = [*FLAGS, "--disable-gpu", "--disable-3d-apis", "--disable-software-rasterizer"]


def installed_chromium() -> str | None:
    """The path of a Chromium that is here already, None where there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    found = sorted(cache.glob("chromium-*/chrome-linux*/chrome"))
    return str(found[-1]) if found else None


def chromium() -> str:
    """The path of a Chromium, installed by apt where that is possible. Raises FileNotFoundError with the advice."""
    path = installed_chromium()
    if path is None:
        install("chromium")
        path = installed_chromium()
    if path is None:
        raise FileNotFoundError(ADVICE)
    return path


if __name__ == "__main__":
    try:
        print(chromium())
    except FileNotFoundError as error:
        sys.exit(str(error))
