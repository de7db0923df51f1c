"""The wheel, installed where there is no checkout: what it needs, and that it serves all that it shows."""

import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scarmass.paths import CHECKOUT

pytestmark = pytest.mark.slow

UV = Path(sys.executable).with_name("uv")
START_S = 180


def uv(*arguments: object) -> None:
    """From the cache; where it lacks something, as on a fresh machine, from the package index."""
    command = [str(UV), *map(str, arguments)]
    if subprocess.run([*command, "--offline"], cwd=CHECKOUT, capture_output=True, check=False).returncode:
        subprocess.run(command, cwd=CHECKOUT, check=True)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Not pytest's tmp_path: PostgreSQL of a root user runs as another user, whom pytest keeps out of its folders."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def installed(folder: Path) -> Path:
    """An environment that holds the wheel and what its base needs, in the versions of the lock."""
    uv("build", "--wheel", "--no-build-isolation", "--out-dir", folder)
    uv("venv", "--python", sys.executable, folder / "environment")
    (wheel,) = folder.glob("*.whl")
    uv("pip", "install", "--python", folder / "environment", "--constraint", "requirements.lock", wheel)
    return folder / "environment"


@pytest.fixture
def with_models(installed: Path) -> Iterator[Path]:
    """The same with what the extra brings: several gigabytes, so that it is found where the tests have it.

    A .pth file puts those packages behind the environment's own and runs no .pth file of theirs, which is what points
    to the checkout: our own source is the wheel's.
    """
    (packages,) = installed.glob("lib/python*/site-packages")
    pth = packages / "models.pth"
    pth.write_text(sysconfig.get_path("purelib") + "\n")
    yield installed
    pth.unlink()


@pytest.fixture
def environment(folder: Path, unused_tcp_port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTHONPATH")}
    return {**kept, "PORT": str(unused_tcp_port), "DATA_DIR": str(folder / "data")}


def scarmass(installed: Path, arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    """A command of the installed package, in a folder with nothing of it."""
    elsewhere = Path(environment["DATA_DIR"]).parent
    command = [str(installed / "bin" / "scarmass"), *arguments.split()]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        ("serve", "models"),
        ("train segmenter . --output run", "training"),
        ("evaluate . --output run", "training"),
    ],
)
def test_what_the_base_lacks_is_said_in_a_sentence_before_anything_is_started(
    installed: Path, environment: dict[str, str], arguments: str, extra: str
) -> None:
    command = scarmass(installed, arguments, environment)
    said, _ = command.communicate(timeout=START_S)
    assert command.returncode == 1
    assert said.startswith("ExtraNotInstalled: this command needs ")
    assert f"pip install 'scarmass[{extra}]'" in " ".join(said.split())
    assert not Path(environment["DATA_DIR"]).exists()


def test_it_serves_page_bundle_models_and_a_reading_of_a_demonstration_study(
    with_models: Path, environment: dict[str, str]
) -> None:
    demonstration = scarmass(with_models, "demo", environment)
    said, _ = demonstration.communicate(timeout=START_S)
    assert demonstration.returncode == 0, said
    server = scarmass(with_models, "serve", environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{environment['PORT']}", timeout=60) as client:
            wait_until_ready(client, server)
            assert "worklist" in client.get("/").raise_for_status().text
            assert len(client.get("/static/vendor/cornerstone.js").raise_for_status().content) > 100_000
            assert first_proposal(client)["mask"] is not None
    finally:
        server.send_signal(signal.SIGINT)
        said, _ = server.communicate(timeout=60)
    assert server.returncode == 0, said


def wait_until_ready(client: httpx.Client, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert server.poll() is None, server.communicate()[0]
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"not ready in {START_S} s")


def first_proposal(client: httpx.Client) -> dict:
    """A slice of a reading that the models drew scar on."""
    study = client.get("/api/v1/studies").raise_for_status().json()["studies"][0]
    opened = client.post(
        f"/api/v1/stacks/{study['stacks'][0]['stack_id']}/readings", json={"client_id": str(uuid.uuid4())}
    )
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        reading = client.get(f"/api/v1/readings/{opened.raise_for_status().json()['id']}").raise_for_status().json()
        proposed = [one for one in reading["slices"] if one["state"] == "proposed"]
        if proposed:
            return proposed[0]
        time.sleep(0.2)
    raise AssertionError(f"nothing was proposed in {START_S} s")
