"""What docker-compose.yml sets up fits together."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from scarmass.domain.pacs import DicomwebPeer, DimsePeer
from scarmass.paths import CHECKOUT
from scarmass.settings import SETTINGS_FILE, Settings


@pytest.fixture
def services() -> dict[str, Any]:
    assert CHECKOUT is not None
    return yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]


def test_the_application_and_orthanc_know_each_other_and_the_file_s_rules_stand_beside_that(
    services: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / SETTINGS_FILE).write_text('{"pacs": {"rules": {"send": [{"peer": "Orthanc"}]}}}')
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCARMASS_PACS", services["app"]["environment"]["SCARMASS_PACS"])
    network = Settings().pacs.network
    orthanc = services["orthanc"]["environment"]
    dimse, web = network.peers
    assert isinstance(dimse, DimsePeer)
    assert isinstance(web, DicomwebPeer)
    assert (dimse.ae_title, dimse.host) == (orthanc["ORTHANC__DICOM_AET"], "orthanc")
    assert network.local is not None
    known = json.loads(orthanc["ORTHANC__DICOM_MODALITIES"])
    assert [network.local.ae_title, "app", network.local.port] in known.values()
    assert [rule.peer for rule in network.rules.send] == ["Orthanc"]


def test_the_demonstration_s_patients_are_sent_to_a_peer_that_is_known(services: dict[str, Any]) -> None:
    patients = services["orthanc-patients"]
    peers = json.loads(patients["environment"]["SCARMASS_PACS"])["peers"]
    assert patients["command"][-2:] == ["--send-to", peers[0]["name"]]
    assert patients["profiles"] == services["orthanc"]["profiles"]
