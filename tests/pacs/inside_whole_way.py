"""A study's whole way: from Orthanc to us, read, signed, and back over both protocols. Run by test_orthanc.py."""

import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import highdicom as hd
import httpx
import numpy as np
import pydicom
import pytest

from scarmass.domain.masks import from_rle
from scarmass.domain.pacs import DicomwebPeer, DimsePeer, LocalEntity, ResultKind
from scarmass.domain.pacs_rules import Network, PrepareRule, Rules, SendRule
from scarmass.imaging.dicomweb.client import DicomwebClient
from scarmass.listener import Listening, beside
from scarmass.main import open_client
from scarmass.services.context import Context
from scarmass.storage.database import Database
from scarmass.storage.local_store import LocalStore
from scarmass.storage.spool import Spool
from tests.api.serving import serving
from tests.api.signing import accept_all, sign
from tests.conftest import application
from tests.dciodvfy import verdict
from tests.fakes import EchoSegmenter, FakeDetector
from tests.pacs.orthanc import Orthanc, orthanc
from tests.waiting import wait_until

KINDS = (ResultKind.SEG, ResultKind.SR, ResultKind.PDF)


@dataclass(frozen=True)
class Hospital:
    """Our server, and Orthanc beside it, which has the phantom's study."""

    ours: httpx.Client
    orthanc: Orthanc
    archive: DicomwebClient
    study_instance_uid: str

    def in_orthanc(self) -> list[pydicom.Dataset]:
        """The objects of the study that are no images, as another viewer fetches them."""
        objects: list[bytes] = []
        self.archive.fetch(self.study_instance_uid, objects.append, lambda progress: None)
        datasets = [pydicom.dcmread(BytesIO(content)) for content in objects]
        return [one for one in datasets if one.Modality != "MR"]


@pytest.fixture
def hospital(
    database: Database, files: LocalStore, phantom_files: list[Path], tmp_path: Path, unused_tcp_port: int
) -> Iterator[Hospital]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        local = LocalEntity("SCARMASS", "127.0.0.1", probe.getsockname()[1])
    with orthanc(tmp_path / "orthanc", {local.ae_title: local.port}) as running:
        dimse = DimsePeer("Archive", running.ae_title, "127.0.0.1", running.dicom_port)
        web = DicomwebPeer("Web archive", running.dicomweb)
        rules = Rules(
            prepare=(PrepareRule(name="all", quiet_seconds=1),),
            send=(SendRule(peer="Archive", kinds=KINDS), SendRule(peer="Web archive", kinds=KINDS)),
        )
        spool = Spool(tmp_path / "spool")
        context = Context(database, files, FakeDetector(), EchoSegmenter())
        context.network, context.spool = Network(local, (dimse, web), rules), spool
        context.client_of = lambda peer: open_client(local, spool, peer)
        listening = Listening(local, (dimse,), spool.folder, 2**30, 2**27, 4, checks_address=True)
        archive = DicomwebClient(web)
        archive.send([path.read_bytes() for path in phantom_files], lambda progress: None)
        with (
            beside(listening),
            serving(application(context), unused_tcp_port) as address,
            httpx.Client(base_url=address, timeout=60) as ours,
        ):
            yield Hospital(ours, running, archive, str(pydicom.dcmread(phantom_files[0]).StudyInstanceUID))


def test_a_study_arrives_is_prepared_signed_and_goes_back(hospital: Hospital, tmp_path: Path) -> None:
    reading = signed(hospital, prepared(hospital))
    wait_until(lambda: states(hospital) == ["done", "done"], 120)
    objects = {one.Modality: one for one in hospital.in_orthanc()}
    assert sorted(objects) == ["DOC", "SEG", "SR"]
    assert len(hospital.in_orthanc()) == 3  # what went both ways is there once

    masks = {one["sop_instance_uid"]: from_rle(one["mask"]) for one in reading["slices"]}
    assert any(mask.any() for mask in masks.values())
    assert_scar(objects["SEG"], masks)
    for kind in ("SEG", "SR", "DOC"):
        content = BytesIO()
        objects[kind].save_as(content)
        assert verdict(content.getvalue(), tmp_path) == []

    own = taken_back(hospital, objects["SEG"])
    for one in own["slices"]:
        assert np.array_equal(from_rle(one["segments"]["scar"]["mask"]), masks[one["sop_instance_uid"]])


def prepared(hospital: Hospital) -> dict:
    """Orthanc sends the study to our AE title; the stack's reading, before anyone opened it."""
    found = httpx.post(f"{hospital.orthanc.url}/tools/lookup", content=hospital.study_instance_uid).json()
    (study,) = [one["ID"] for one in found if one["Type"] == "Study"]
    store = f"{hospital.orthanc.url}/modalities/SCARMASS/store"
    wait_until(lambda: httpx.post(store, json=[study], timeout=60).is_success, 60)  # the listener starts

    def reading() -> dict:
        stacks = [stack for one in hospital.ours.get("/api/v1/studies").json()["studies"] for stack in one["stacks"]]
        ids = [stack["reading_id"] for stack in stacks if stack["reading_id"]]
        return hospital.ours.get(f"/api/v1/readings/{ids[0]}").json() if ids else {}

    wait_until(lambda: reading().get("state") == "draft", 120)
    return reading()


def signed(hospital: Hospital, reading: dict) -> dict:
    return sign(hospital.ours, accept_all(hospital.ours, reading))


def states(hospital: Hospital) -> list[str]:
    return [one["state"] for one in hospital.ours.get("/api/v1/pacs/transfers").json()["transfers"]]


def assert_scar(seg: pydicom.Dataset, masks: dict[str, np.ndarray]) -> None:
    """highdicom finds the reading's masks in it."""
    found = hd.seg.Segmentation.from_dataset(seg)
    labels = {number: found.get_segment_description(number).segment_label.lower() for number in found.segment_numbers}
    (number,) = [number for number, label in labels.items() if label == "scar"]
    uids = list(masks)
    pixels = found.get_pixels_by_source_instance(
        source_sop_instance_uids=uids, segment_numbers=[number], ignore_spatial_locations=True
    )
    for uid, mask in zip(uids, pixels[..., 0], strict=True):
        assert np.array_equal(mask.astype(bool), masks[uid])


def taken_back(hospital: Hospital, seg: pydicom.Dataset) -> dict:
    """Our own segmentation comes in again, and becomes another reader's reading."""
    content = BytesIO()
    seg.save_as(content)
    hospital.ours.post("/api/v1/studies", files=[("files", ("seg.dcm", content.getvalue()))]).raise_for_status()
    (study,) = hospital.ours.get("/api/v1/studies").json()["studies"]
    stack_id, uid = study["stacks"][0]["stack_id"], str(seg.SOPInstanceUID)
    told = hospital.ours.get(f"/api/v1/stacks/{stack_id}/segmentations/{uid}").json()
    segments = [
        {"number": one["number"], "meaning": one["proposed"]} for one in told["segments"] if one["proposed"] is not None
    ]
    body = {"client_id": str(uuid.uuid4()), "sop_instance_uid": uid, "segments": segments}
    answer = hospital.ours.post(
        f"/api/v1/stacks/{stack_id}/readings/from-segmentation", json=body, headers={"X-Reader": "Dr Bert"}
    )
    return answer.raise_for_status().json()
