"""The server as its container runs it: a user with no rights of its own, who can write two folders and nothing else.

Mounts and users stand in for the container, where there is none: the root file system is read-only, DATA_DIR and
the folder for temporary files are not.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = pytest.mark.slow

USER = pwd.getpwnam("nobody").pw_uid
"""PostgreSQL's initdb asks for a user with a name."""
START_S = 180
CONFINED = f"""
mount --make-rprivate /
case "$PYTHON" in /root/*)  # root's folder lets nobody through: Python is shown in another one
    mount --bind "$PYTHON" "$ASIDE"
    mount -t tmpfs -o mode=0755 tmpfs /root
    mkdir -p "$PYTHON"
    mount --move "$ASIDE" "$PYTHON"
esac
mount --bind "$DATA_DIR" "$DATA_DIR"
mount --bind "$TMPDIR" "$TMPDIR"
mount -o remount,bind,ro /
exec setpriv --reuid {USER} --regid {USER} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"
"""
SERVER = """
from scarmass.cli.app import app
app(["demo"], standalone_mode=False)
app(["serve"])
"""


def confined(folder: Path, *command: str) -> tuple[list[str], dict[str, str]]:
    """The command with its environment: confined to the folder's data and tmp."""
    places = {"DATA_DIR": str(folder / "data"), "TMPDIR": str(folder / "tmp"), "HOME": str(folder / "tmp")}
    places |= {"PYTHON": sys.base_prefix, "ASIDE": str(folder / "aside")}
    others = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return ["unshare", "--mount", "sh", "-ec", CONFINED, "sh", *command], {**others, **places}


@pytest.fixture
def folder() -> Iterator[Path]:
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv"))):
        pytest.skip("only root mounts")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "aside").mkdir()
        for name in ("data", "tmp"):
            (folder / name).mkdir(mode=0o700)
            os.chown(folder / name, USER, USER)
        again = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import scarmass'], check=True)"
        command, environment = confined(folder, sys.executable, "-c", again)
        tried = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if tried.returncode:
            pytest.skip(f"no mounts here, or the environment is root's alone: {tried.stderr[-200:]}")
        yield folder


@pytest.fixture
def address(folder: Path, unused_tcp_port: int) -> Iterator[str]:
    command, environment = confined(folder, sys.executable, "-c", SERVER)
    log = folder / "log"
    with log.open("w") as out:
        environment["PORT"] = str(unused_tcp_port)
        started = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{unused_tcp_port}"
        wait_until_ready(address, started, log)
        assert_has_no_rights(started.pid)
        yield address
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            started.wait(30)
    assert started.returncode == 0, log.read_text()


def wait_until_ready(address: str, started: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert started.poll() is None, log.read_text()
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"not ready in {START_S} s: {log.read_text()}")


def assert_has_no_rights(pid: int) -> None:
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        told = dict(
            line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if ":" in line
        )
        assert set(told["Uid"].split()) == {str(USER)}
        assert {int(told[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd")} == {0}
        assert int(told["NoNewPrivs"]) == 1


def test_nothing_beside_the_two_folders_can_be_written(folder: Path) -> None:
    places = [folder, Path("/"), Path("/etc"), Path(sys.prefix), Path(__file__).parent]
    tries = "; ".join(f"touch {place}/written && echo {place}" for place in places)
    command, environment = confined(folder, "sh", "-c", f"{tries}; touch $DATA_DIR/ours $TMPDIR/ours && echo both")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["both"], done.stdout
    assert done.stderr.count("Read-only file system") + done.stderr.count("Permission denied") == len(places)


def test_it_takes_in_reads_measures_and_reports(address: str) -> None:
    with httpx.Client(base_url=f"{address}/api/v1", timeout=120) as api:
        study = api.get("/studies").json()["studies"][0]
        stack_id = study["stacks"][0]["stack_id"]
        assert api.post("/detect", json={"stack_id": stack_id}).status_code == 200
        opened = api.post(f"/stacks/{stack_id}/readings", json={"client_id": "11111111-1111-4111-8111-111111111111"})
        assert opened.status_code in (200, 201), opened.text
        for format in ("pdf", "xlsx", "csv"):
            answer = api.get(f"/readings/{opened.json()['id']}/export", params={"format": format})
            assert answer.status_code == 200, answer.text
