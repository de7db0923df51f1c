"""Requests of DICOMweb, mutated: `python -m tests.api.fuzz_dicomweb 2000` sends so many and tells what was answered."""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from fastapi.testclient import TestClient
from pydicom import dcmread

from scarmass.phantom.demonstration import write_phantom
from scarmass.services.context import Context
from scarmass.storage.database import Database, migrate, psycopg_url
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.local_store import LocalStore
from tests.api.dicomweb_requests import RELATED, body
from tests.conftest import application, small_studies
from tests.fakes import EchoSegmenter, FakeDetector

ODD = (
    b"", b"\0", b"*", b"?", b"-", b",", b"\\", b'"', b"[a-", b"%00", b"\r\n", b"--x", b"--x--", b"\xff\xfe", b"9" * 80,
    b"(" * 60, b"a*" * 200, b"\xed\xa0\x80", b"..", b";", b"=", b"nan", b"1e400", b"-1", b"\xd9\xa1\xd9\xa2",
)  # fmt: skip
QUERIES = (
    "PatientName=Small*", "PatientID=SMALL-0", "StudyDate=20260101-20261231", "00100010=*", "limit=2&offset=1",
    "StudyInstanceUID={study}", "Modality=MR", "SeriesNumber=1", "InstanceNumber=1", "includefield=all", "accept=*/*",
)  # fmt: skip
ACCEPTS = (
    "*/*", "application/dicom+json", "application/dicom", "text/html;q=0.5, application/json",
    'multipart/related; type="application/dicom"; transfer-syntax=*',
    'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1',
)  # fmt: skip


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    headers: dict[bytes, bytes] = field(default_factory=dict)
    content: bytes = b""


def mutated(text: bytes, chance: random.Random) -> bytes:
    """The text with up to three pieces cut, doubled, changed, or replaced by what programs stumble over."""
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        end = min(end, start + chance.choice((1, 8, 64, 10**6)))
        piece = chance.choice((b"", 2 * text[start:end], chance.randbytes(end - start), chance.choice(ODD)))
        text = text[:start] + piece + text[end:]
    return text


def request(chance: random.Random, contents: Sequence[bytes]) -> Sent:
    """One request as another program might send it, and mutated at one or more of its places."""
    header = dcmread(BytesIO(contents[0]), stop_before_pixels=True)
    study, series, instance = header.StudyInstanceUID, header.SeriesInstanceUID, header.SOPInstanceUID
    kind = chance.choice((*ACCEPTS, *["*/*"] * len(ACCEPTS))).encode()
    accept = {b"Accept": _line(mutated(kind, chance) if chance.random() < 0.3 else kind)}
    if chance.random() < 0.4:
        path = chance.choice(("/studies", f"/studies/{study}"))
        sent = body(*chance.sample(list(contents), chance.randint(1, len(contents))))
        kind = RELATED["Content-Type"].encode()
        if chance.random() < 0.3:
            kind = mutated(kind, chance)
        if chance.random() < 0.3:
            accept = {}
        return Sent("POST", _path(path, chance), accept | {b"Content-Type": _line(kind)}, mutated(sent, chance))
    of_study = f"/studies/{study}"
    of_series = f"{of_study}/series/{series}"
    of_instance = f"{of_series}/instances/{instance}"
    searches = ("/studies", "/series", "/instances", f"{of_study}/series", f"{of_series}/instances")
    retrievals = (f"{place}{tail}" for place in (of_study, of_series, of_instance) for tail in ("", "/metadata"))
    place = chance.choice((*searches, *retrievals))
    query = mutated(chance.choice(QUERIES).format(study=study).encode(), chance)
    return Sent("GET", f"{_path(place, chance)}?{quote(query, safe='=&*')}", accept)


def _path(path: str, chance: random.Random) -> str:
    found = mutated(path.encode(), chance) if chance.random() < 0.3 else path.encode()
    return "/dicomweb" + quote(found, safe="/")


def _line(value: bytes) -> bytes:
    """What a server's parser lets through to the application."""
    return bytes(each for each in value if each >= 32 and each != 127)


def answers(client: TestClient, contents: Sequence[bytes], count: int, seed: int = 0) -> Counter[int]:
    """How often each status was answered. Raises AssertionError for a 5xx, or an error that is no problem."""
    chance = random.Random(seed)
    client.post("/dicomweb/studies", content=body(*contents), headers=RELATED).raise_for_status()
    found: Counter[int] = Counter()
    for number in range(count):
        sent = request(chance, contents)
        answer = client.request(sent.method, sent.path, headers=sent.headers, content=sent.content)
        assert answer.status_code < 500, (number, sent, answer.text)
        if answer.status_code >= 400 and sent.path.startswith("/dicomweb/"):
            kinds = ("application/problem+json", "application/dicom+json", "application/json")
            assert answer.headers["content-type"] in kinds, (number, sent, answer.text)
        found[answer.status_code] += 1
    return found


def small_contents(folder: Path) -> list[bytes]:
    """The files of a study of two tiny images, and of another one."""
    written = [write_phantom(folder / str(number), study) for number, study in enumerate(small_studies(2))]
    return [path.read_bytes() for paths in written for path in paths]


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "postgres") as url:
        migrate(url)
        database = Database(psycopg_url(url))
        files = LocalStore(Path(folder) / "objects")
        context = Context(database, files, FakeDetector(), EchoSegmenter())
        with TestClient(application(context), raise_server_exceptions=False) as client:
            print(dict(sorted(answers(client, small_contents(Path(folder)), count).items())))
        database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
