"""What docker-compose.yml and docker-compose.several-machines.yml set up fits together."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from scarmass.domain.pacs import DicomwebPeer, DimsePeer
from scarmass.paths import CHECKOUT
from scarmass.settings import SETTINGS_FILE, Settings
from scarmass.settings_access import LoginSettings
from scarmass.storage.record_key import FILE

DEFAULT_PORT = 8100
"""Of `scarmass models`."""


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


@pytest.mark.parametrize("name", ["postgres", "app"])
def test_what_runs_by_default_has_no_password_of_ours_no_root_and_only_its_data_to_write(
    services: dict[str, Any], name: str
) -> None:
    assert {name for name, service in services.items() if "profiles" not in service} == {"postgres", "app"}
    service = services[name]
    assert not [key for key in service["environment"] if key.lower().endswith(("password", "secret", "token"))]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert CHECKOUT is not None
    of_image = (CHECKOUT / "Dockerfile.gpu").read_text().rpartition("\nUSER ")[2].split()[0]
    assert service.get("user", of_image) in ("postgres", "10001")


def test_the_demonstration_s_patients_are_sent_to_a_peer_that_is_known(services: dict[str, Any]) -> None:
    patients = services["orthanc-patients"]
    peers = json.loads(patients["environment"]["SCARMASS_PACS"])["peers"]
    assert patients["command"][-2:] == ["--send-to", peers[0]["name"]]
    assert patients["profiles"] == services["orthanc"]["profiles"]


def test_the_application_asks_who_it_is_and_may_be_reached_from_its_container(
    services: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = login_of(services, "null", tmp_path, monkeypatch)
    assert login.provider is None
    login.require_safe(services["app"]["environment"]["SCARMASS_HOST"])


def test_the_realm_of_keycloak_and_the_application_know_each_other(
    services: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CHECKOUT is not None
    folder = CHECKOUT / "docs" / "deployment" / "keycloak"
    realm = json.loads((folder / "realm.json").read_text())
    said = (folder / "login.env").read_text().split("SCARMASS_PROVIDER='")[1].split("'")[0]
    login = login_of(services, said, tmp_path, monkeypatch).login
    assert login is not None
    assert login.provider is not None
    keycloak, (client,) = services["keycloak"], realm["clients"]
    assert login.provider.issuer == f"{keycloak['environment']['KC_HOSTNAME']}/realms/{realm['realm']}"
    assert (login.provider.client_id, login.provider.client_secret) == (client["clientId"], client["secret"])
    assert client["redirectUris"] == [f"{login.public_address}/login/callback"]
    assert login.provider.roles.keys() == {group["name"] for group in realm["groups"]}
    assert [mapper["config"]["claim.name"] for mapper in client["protocolMappers"]] == [login.provider.roles_claim]
    assert keycloak["profiles"] == ["login"]


@pytest.fixture
def several() -> dict[str, Any]:
    assert CHECKOUT is not None
    return yaml.safe_load((CHECKOUT / "docker-compose.several-machines.yml").read_text())


def test_servers_ask_the_replicas_where_they_are_and_keep_files_in_one_store(
    several: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = several["services"]
    servers = [services[name] for name in ("server-1", "server-2")]
    environment, command = servers[0]["environment"], services["models"]["command"]
    assert all(
        server["environment"] == environment and server["secrets"] == servers[0]["secrets"] for server in servers
    )
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCARMASS_MODELS", environment["SCARMASS_MODELS"])
    monkeypatch.setenv("SCARMASS_MODELS_TOKEN", "t" * 32)
    monkeypatch.setenv("SCARMASS_OBJECTS", "s3://bucket/prefix")
    assert Settings().models == f"ray://models:{DEFAULT_PORT}"
    assert command[command.index("--address") + 1] == services["models"]["networks"]["models"]["ipv4_address"]
    names = {secret["target"] for server in servers for secret in server["secrets"]}
    assert {name for name in names if name.startswith("scarmass_")} <= {
        f"scarmass_{name}" for name in Settings.model_fields
    }
    assert names > {"scarmass_models_token", "scarmass_objects_secret", f"/data/{FILE}"}
    assert several["networks"]["models"]["internal"] is True
    assert "models" not in services["postgres"]["networks"]


def test_none_of_several_machines_has_a_password_of_ours_or_root_and_only_its_data_to_write(
    several: dict[str, Any],
) -> None:
    for service in several["services"].values():
        assert not [key for key in service["environment"] if key.lower().endswith(("password", "secret", "token"))]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def login_of(services: dict[str, Any], provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoginSettings:
    """As compose fills it in."""
    said = services["app"]["environment"]["SCARMASS_LOGIN"]
    filled = said.replace("${SCARMASS_PROVIDER:-null}", provider).replace("${PORT:-8000}", "8000")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCARMASS_LOGIN", filled)
    return Settings().login
