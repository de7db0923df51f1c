"""Whatever is done with a patient, and whatever fails meanwhile, no log names them, PostgreSQL's included."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from scarmass.domain.errors import PeerRefused
from scarmass.domain.pacs import DimsePeer, LocalEntity
from scarmass.imaging.dimse.client import DimseClient
from tests.api.signing import accept_all, edit, get, of_request, open_reading, sign
from tests.services.deletion.distinctive import PATIENT_ID, Distinctive, distinctive
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

START_S = 120
BIRTH_DATE = "19371123"
FILE_NAME = "Zyxwquark_Vera_LGE"
SERVER = """
from sqlalchemy import text

from scarmass import main, serving
from scarmass.api.routes import studies
from scarmass.domain.errors import DatabaseUnavailable
from scarmass.services.context import Context
from scarmass.services.readings import prepare
from tests.fakes import EchoSegmenter, FakeDetector

WORDS = "Zyxwquark^Vera ZQX-4711"

def open_context(settings, database, files):
    spool = main.open_spool(settings)
    return Context(
        database=database, files=files, detector=FakeDetector(), segmenter=EchoSegmenter(), spool=spool,
        examiners=main.open_examiners(settings), network=settings.pacs.network, results_folder=settings.results_folder,
        client_of=lambda peer: main.open_client(settings.pacs.local, spool, peer),
    )

def fails(context, uid):
    raise ValueError(f"{WORDS} cannot be {uid}")

def fails_in_the_database(context, uid):
    with context.database.transaction() as session:
        insert = "insert into studies (study_instance_uid, patient_name) values ('1', :name)"
        session.execute(text(insert), {"name": WORDS})

def fails_by_its_value(context, uid):
    with context.database.transaction() as session:
        session.execute(text(f"select '{WORDS}'::integer"))

studies.priors_of = lambda context, uid: {
    "a": fails, "b": fails_in_the_database, "c": fails_by_its_value
}[uid](context, uid)
serving.open_context = open_context
serving.serve(serving.Settings())
"""


class Served:
    """The server, its output in a file."""

    def __init__(self, folder: Path, port: int, dicom_port: int) -> None:
        self.address, self.log, self.data_dir = f"http://127.0.0.1:{port}", folder / "log", folder / "data"
        self.results, self.dicom_port = folder / "results", dicom_port
        self.results.mkdir()
        pacs = {
            "local": {"ae_title": "SCARMASS", "host": "127.0.0.1", "port": dicom_port},
            "peers": [
                {"name": "Scanner", "ae_title": "SCANNER", "host": "127.0.0.1", "port": 9},
                {"name": "Web", "url": "http://127.0.0.1:9/dicom-web"},
            ],
            "rules": {"send": [{"peer": "Scanner"}]},
        }
        environment = {
            **os.environ,
            "PORT": str(port),
            "DATA_DIR": str(self.data_dir),
            "SCARMASS_PACS": json.dumps(pacs),
            "SCARMASS_RESULTS_FOLDER": str(self.results),
        }
        environment.pop("DATABASE_URL", None)
        with self.log.open("w") as out:
            command = [sys.executable, "-c", SERVER]
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.address}/readyz").status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"not ready: {self.log.read_text()}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def logs(self) -> dict[str, str]:
        """Everything that is a log, by its name."""
        paths = [self.log, self.data_dir / "postgres" / "log", *self.data_dir.rglob("*.log")]
        return {str(path.relative_to(self.data_dir.parent)): path.read_text(errors="replace") for path in paths}


@pytest.fixture
def patient(tmp_path: Path) -> Distinctive:
    found = distinctive(tmp_path / "patient", patient_birth_date=BIRTH_DATE)
    files = [path.rename(path.with_name(f"{FILE_NAME}_{number}.dcm")) for number, path in enumerate(found.files)]
    return Distinctive(files, found.study_instance_uid, found.words)


@pytest.fixture
def served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        ports = [probe.getsockname()[1] for probe in (one, other)]
        one.close()
        other.close()
        server = Served(Path(folder), *ports)
        try:
            server.wait_until_ready()
            yield server
        finally:
            server.stop()


def upload(client: httpx.Client, *files: tuple[str, bytes]) -> httpx.Response:
    return client.post("/api/v1/studies", files=[("files", file) for file in files])


def abort_an_upload(address: str) -> None:
    """A client that leaves in the middle of a file whose name tells the patient's."""
    host, port = address.removeprefix("http://").split(":")
    head = (
        f"POST /api/v1/studies HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{FILE_NAME}.dcm"\r\n\r\nDICM'
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode())


def damaged(content: bytes) -> bytes:
    """An image that says the patient's name where a word of the standard is to stand."""
    return content.replace(b"MONOCHROME2", b"Zyxwquark^V")


def upload_all(client: httpx.Client, served: Served, patient: Distinctive, folder: Path) -> dict:
    """The study as it is stored, after much that is refused."""
    name, content = patient.files[0].name, patient.files[0].read_bytes()
    good = [(path.name, path.read_bytes()) for path in patient.files]
    stored = upload(client, *good).raise_for_status().json()["studies"][0]
    archive = folder / f"{FILE_NAME}.zip"
    with ZipFile(archive, "w") as files:
        files.writestr(f"{FILE_NAME}/{name}", content[: len(content) // 2])
    for refused in (content[:400], b"Zyxwquark" * 100, damaged(content)):
        upload(client, (name, refused))
    upload(client, (archive.name, archive.read_bytes()))
    abort_an_upload(served.address)
    return stored


def ask_what_is_not_there(client: httpx.Client) -> None:
    for asked in (
        f"/api/v1/studies/{PATIENT_ID}",
        "/api/v1/stacks/Zyxwquark%5EVera",
        "/api/v1/studies?cursor=Zyxwquark",
        f"/api/v1/audit?patient_id={PATIENT_ID}",
        "/api/v1/pacs/studies?peer=Scanner&patient_name=Zyxwquark*",
        f"/api/v1/pacs/studies?peer=Web&patient_id={PATIENT_ID}",
        "/dicomweb/studies?PatientName=Zyxwquark%5EVera&limit=Zyxwquark",
        f"/dicomweb/studies?PatientID={PATIENT_ID}",
        f"/dicomweb/studies/{PATIENT_ID}/metadata",
    ):
        client.get(asked)
    for failing in ("a", "b", "c"):
        # The server ends a connection on which it failed.
        assert httpx.get(f"{client.base_url}/api/v1/studies/{failing}/priors").status_code == 500
    client.post("/api/v1/detect", content=b'{"stack_id": "Zyxwquark\\u0000"')
    client.post("/api/v1/detect", json={"stack_id": "Zyxwquark\u0000"})
    client.post("/dicomweb/studies", content=b"Zyxwquark", headers={"Content-Type": "multipart/related"})


def read_and_sign(client: httpx.Client, stack_id: str) -> str:
    """The signed reading, which has left in every format."""
    reading = accept_all(client, open_reading(client, stack_id, {}), {})
    edit(client, reading, "sensitivity", {}, sensitivity=99.0)
    told = {"finding": "Zyxwquark", "remarks": PATIENT_ID, "after": 0}
    client.post(f"/api/v1/readings/{reading['id']}/report/text", json=told)
    signed = sign(client, get(client, reading["id"]), {})["id"]
    client.post(f"/api/v1/readings/{signed}/edits", json={**of_request(0), "kind": "undo"})
    for kind in ("csv", "json", "xlsx", "pdf", "seg", "sr", "pdf-dicom", "key-images"):
        client.get(f"/api/v1/readings/{signed}/export?format={kind}")
    client.get(f"/readings/{signed}/report")
    return signed


def send_over_the_network(port: int, *objects: bytes) -> None:
    for ae_title in ("SCANNER", "STRANGER"):
        with suppress(PeerRefused):
            peer = DimsePeer("ours", "SCARMASS", "127.0.0.1", port)
            DimseClient(peer, LocalEntity(ae_title)).send(objects, lambda _: None)


def test_no_log_names_a_patient_whatever_is_done_or_fails(served: Served, patient: Distinctive, tmp_path: Path) -> None:
    content = patient.files[0].read_bytes()
    with httpx.Client(base_url=served.address, timeout=60, headers={"X-Reader": "Dr Anna"}) as client:
        stored = upload_all(client, served, patient, tmp_path)
        ask_what_is_not_there(client)
        read_and_sign(client, stored["stacks"][0]["stack_id"])
        asked = {"client_id": str(uuid.uuid4()), "peer": "Web", "study_instance_uid": stored["study_instance_uid"]}
        client.post("/api/v1/pacs/fetches", json=asked).raise_for_status()
        send_over_the_network(served.dicom_port, content, damaged(content))
        wait_until(lambda: client.get("/api/v1/pacs/arrivals").json()["arrivals"], 60)
        wait_until(lambda: any(served.results.iterdir()), 60)
        wait_until(lambda: all(one["reason"] for one in client.get("/api/v1/pacs/transfers").json()["transfers"]), 60)
    served.stop()

    logs = served.logs()
    assert logs["log"].count("unexpected error in") == 3, "what failed is told"
    assert "database system is shut down" in Path(served.data_dir / "postgres" / "log").read_text()
    words = ("Zyxwquark", "Vera", PATIENT_ID, "ACC-ZQX-99", BIRTH_DATE, "1937-11-23", FILE_NAME, *patient.words)
    lines = [(file, line) for file, text in logs.items() for line in text.splitlines()]
    assert [(file, word, line) for file, line in lines for word in words if word in line] == []
