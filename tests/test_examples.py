"""The example that the README shows, run against a real server."""

import threading
import time
from pathlib import Path

import pytest
import uvicorn
from examples.rest_client import scar_mass_g

from scarmass.services.context import Context
from tests.conftest import application


def test_the_rest_client_prints_the_grams_of_what_the_models_found(
    context: Context, phantom_files: list[Path], unused_tcp_port: int
) -> None:
    config = uvicorn.Config(application(context), host="127.0.0.1", port=unused_tcp_port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        grams = scar_mass_g(f"http://127.0.0.1:{unused_tcp_port}", phantom_files)
    finally:
        server.should_exit = True
        thread.join()
    # The fake detector's scar box is a quarter of each side, and the echoing segmenter fills it.
    slices, side_mm, thickness_mm = len(phantom_files), 256 / 4 * 1.4, 8
    assert grams == pytest.approx(slices * side_mm**2 * thickness_mm * 1e-3 * 1.05)
