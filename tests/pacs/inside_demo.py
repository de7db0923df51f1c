"""A newcomer finds the phantom patients in Orthanc and fetches one. Run by test_orthanc.py."""

import json
import os
import subprocess
import sys
from pathlib import Path

from scarmass.domain.pacs import DimsePeer, LocalEntity, StudyQuery
from scarmass.imaging.dimse.client import DimseClient
from scarmass.listener import Listening, beside
from scarmass.phantom.demonstration import demo_studies
from scarmass.storage.spool import Spool
from tests.pacs.orthanc import orthanc
from tests.waiting import wait_until


def ignore(_: object) -> None: ...


def test_the_demonstration_s_patients_are_sent_found_and_fetched(tmp_path: Path, unused_tcp_port: int) -> None:
    local = LocalEntity(port=unused_tcp_port)
    with orthanc(tmp_path / "orthanc", {local.ae_title: local.port}) as running:
        peer = DimsePeer("Orthanc", running.ae_title, "127.0.0.1", running.dicom_port)
        told = [demo(tmp_path, peer) for _ in range(2)]  # once more changes nothing
        assert [done.returncode for done in told] == [0, 0], told[0].stderr
        assert "Orthanc has 41 objects" in told[0].stderr

        client = DimseClient(peer, local)
        found = client.find(StudyQuery(patient_name="Phantom*"))
        assert sorted(one.patient_id for one in found) == [study.patient_id for study in demo_studies()]

        spool = Spool(tmp_path / "spool")
        with beside(Listening(local, (peer,), spool.folder, 2**30, 2**27, 4, checks_address=True)):
            wait_until(lambda: listens(local), 60)
            client.fetch(found[0].study_instance_uid, ignore, ignore)
        assert len(list(spool.waiting())) == found[0].number_of_instances


def test_a_peer_that_is_not_there_yet_is_told_in_a_line(tmp_path: Path, unused_tcp_port: int) -> None:
    done = demo(tmp_path, DimsePeer("Orthanc", "ORTHANC", "127.0.0.1", unused_tcp_port))
    assert done.returncode == 1
    assert done.stderr.startswith("PeerUnreachable: nothing listens at Orthanc")


def demo(folder: Path, peer: DimsePeer) -> subprocess.CompletedProcess[str]:
    known = {"ae_title": peer.ae_title, "name": peer.name, "host": peer.host, "port": peer.port}
    settings = {"DATA_DIR": str(folder / "data"), "SCARMASS_PACS": json.dumps({"peers": [known]})}
    command = [sys.executable, "-m", "scarmass.cli.app", "demo", "--send-to", peer.name]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=120)


def listens(local: LocalEntity) -> bool:
    ours = DimsePeer("us", local.ae_title, "127.0.0.1", local.port)
    try:
        DimseClient(ours, LocalEntity("ORTHANC")).echo()
    except Exception:
        return False
    return True
