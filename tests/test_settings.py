"""Where settings come from."""

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from scarmass.cli.serve import demo, import_studies, serve
from scarmass.domain.errors import SecretTooShort
from scarmass.domain.pacs import DicomwebPeer, DimsePeer, LocalEntity, ResultKind
from scarmass.domain.pacs_rules import AcceptRule, PrepareRule, Rules, SendRule
from scarmass.imaging.audit_message import AuditSource
from scarmass.imaging.syslog import SyslogServer
from scarmass.settings import SETTINGS_FILE, SensitivityFit, Settings, settings_without_secrets, write_settings
from scarmass.settings_audit import AuditSettings

FIT = SensitivityFit(
    segmenter="segmenter",
    segmenter_sha256="5e9",
    dataset_sha256="da7a",
    patients=7,
    slices=31,
    before={"dice": 0.7},
    after={"dice": 0.8},
)


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SCARMASS_SENSITIVITY", raising=False)
    return tmp_path


def test_a_calibrated_sensitivity_is_what_readings_start_with_and_says_where_it_came_from(data_dir: Path) -> None:
    write_settings(data_dir, sensitivity=2.5, sensitivity_fit=FIT)
    assert Settings().sensitivity == 2.5
    assert Settings().sensitivity_fit == FIT


def test_the_environment_overrules_the_file(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_settings(data_dir, sensitivity=2.5, sensitivity_fit=FIT)
    monkeypatch.setenv("SCARMASS_SENSITIVITY", "1")
    assert Settings().sensitivity == 1


def test_what_else_stands_in_the_file_is_kept(data_dir: Path) -> None:
    (data_dir / SETTINGS_FILE).write_text('{"density_g_per_ml": 1.04}')
    write_settings(data_dir, sensitivity=-1, sensitivity_fit=FIT)
    assert (Settings().density_g_per_ml, Settings().sensitivity) == (1.04, -1)


@pytest.mark.parametrize("content", ['{"sensitivity": 99}', '{"sensitivty": 1}'])
def test_a_file_that_says_what_cannot_be_is_refused_by_name(data_dir: Path, content: str) -> None:
    (data_dir / SETTINGS_FILE).write_text(content)
    with pytest.raises(ValidationError, match="sensitiv"):
        Settings()


def test_nothing_is_deidentified_unless_the_site_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().pseudonyms is None
    monkeypatch.setenv("SCARMASS_DEIDENTIFICATION_SECRET", "x" * 40)
    assert Settings().pseudonyms is None
    assert "x" * 40 not in repr(Settings())


@pytest.mark.parametrize("secret", [None, "", "secret"])
def test_deidentification_without_a_secret_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, secret: str | None, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("SCARMASS_DEIDENTIFY", "true")
    monkeypatch.setenv("PORT", str(unused_tcp_port))
    if secret is not None:
        monkeypatch.setenv("SCARMASS_DEIDENTIFICATION_SECRET", secret)
    for start in (serve, lambda: import_studies([]), demo):
        with pytest.raises(SecretTooShort, match="deidentification_secret"):
            start()


NETWORK = {
    "local": {"ae_title": "SCARMASS", "port": 11112},
    "peers": [
        {"name": "Archive", "ae_title": "ARCHIVE", "host": "10.0.0.9", "port": 104, "commits": True},
        {"name": "web", "url": "https://pacs.example/dicom-web", "token": "bearer-of-secrets"},
    ],
    "rules": {
        "accept": [{"name": "hearts", "modalities": ["MR"], "words": ["heart"]}],
        "prepare": [{"name": "all", "quiet_seconds": 60}],
        "send": [{"peer": "Archive", "kinds": ["seg", "sr"]}],
    },
}


def test_without_settings_nothing_listens_and_nothing_is_sent() -> None:
    network = Settings().pacs.network
    assert (network.local, network.peers, network.rules) == (None, (), Rules())
    assert network.rules.send == ()


def test_the_network_is_read_from_the_file_and_from_the_environment(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data_dir / SETTINGS_FILE).write_text(json.dumps({"pacs": NETWORK}))
    network = Settings().pacs.network
    assert network.local == LocalEntity("SCARMASS", "127.0.0.1", 11112)
    assert network.peers == (
        DimsePeer("Archive", "ARCHIVE", "10.0.0.9", 104, commits=True),
        DicomwebPeer("web", "https://pacs.example/dicom-web", "bearer-of-secrets"),
    )
    assert network.rules.accept == (AcceptRule(("MR",), ("heart",), name="hearts"),)
    assert network.rules.prepare == (PrepareRule(name="all", quiet_seconds=60),)
    assert network.rules.send == (SendRule(peer="Archive", kinds=(ResultKind.SEG, ResultKind.SR)),)
    monkeypatch.setenv("SCARMASS_PACS", json.dumps({"local": {"ae_title": "OTHER"}}))
    local = Settings().pacs.network.local
    assert local is not None
    assert local.ae_title == "OTHER"


PEER = {"name": "Archive", "ae_title": "ARCHIVE", "host": "10.0.0.9", "port": 104}


@pytest.mark.parametrize(
    ("pacs", "sentence"),
    [
        ({"peers": [PEER | {"hots": "10.0.0.8"}]}, "there is no setting “hots” here"),
        ({"peers": [{"name": "Archive", "ae_title": "ARCHIVE", "port": 104}]}, "host"),
        ({"peers": [PEER | {"port": 0}]}, "Archive: port is between 1 and 65535"),
        ({"peers": [PEER | {"ae_title": "A" * 17}]}, "Archive: ae_title is 1 to 16 plain characters"),
        ({"peers": [PEER | {"ae_title": " PADDED"}]}, "without spaces around them"),
        ({"peers": [PEER | {"name": ""}]}, "a peer's name"),
        ({"peers": [PEER, PEER]}, "two peers have the name “Archive”"),
        ({"peers": [PEER, PEER | {"name": "other"}]}, "two peers have the AE title or name “ARCHIVE”"),
        ({"peers": [PEER | {"tls": {"certificate": "/none", "key": "/none", "authority": "/none"}}]}, "not there"),
        ({"peers": [{"name": "web", "url": "ftp://pacs.example"}]}, "web: url is to begin with http"),
        ({"peers": [{"name": "web", "url": "https://me:secret@pacs.example"}]}, "neither a password nor a query"),
        ({"local": {"ae_title": ""}}, "local: ae_title"),
        ({"rules": {"send": [{"peer": "nobody"}]}}, "rules send to “nobody”, and no peer has that name"),
        ({"rules": {"accept": [{"name": "a", "modality": ["MR"]}]}}, "there is no setting “modality” here"),
        ({"rules": {"accept": [{"modalities": ["MR"]}]}}, "each rule needs a name"),
        ({"rules": {"prepare": [{"name": "at once", "quiet_seconds": 0}]}}, "quiet_seconds is 1 or more"),
        ({"peers": [PEER], "rules": {"send": [{"peer": "Archive", "kinds": []}]}}, "names one kind or more"),
        ({"rules": {"sends": []}}, "there is no setting “sends” here"),
        ({"peer": []}, "peer"),
    ],
)
def test_a_network_that_cannot_be_is_refused_in_a_sentence(data_dir: Path, pacs: dict, sentence: str) -> None:
    (data_dir / SETTINGS_FILE).write_text(json.dumps({"pacs": pacs}))
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        Settings()


def test_a_token_is_not_told_where_settings_are_refused_or_shown(data_dir: Path) -> None:
    (data_dir / SETTINGS_FILE).write_text(json.dumps({"pacs": NETWORK}))
    assert "bearer-of-secrets" not in repr(Settings())
    (data_dir / SETTINGS_FILE).write_text(json.dumps({"pacs": NETWORK | {"local": {"port": 0}}}))
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "bearer-of-secrets" not in str(refused.value)


def test_a_secret_may_be_a_file_that_the_environment_overrules(
    data_dir: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path_factory.mktemp("secrets")
    (secrets / "scarmass_database_password").write_text("hunter2\n")
    (secrets / "scarmass_density_g_per_ml").write_text("1.06")
    (data_dir / SETTINGS_FILE).write_text('{"density_g_per_ml": 1.04, "sensitivity": 1}')
    monkeypatch.setenv("SCARMASS_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("DATABASE_URL", "postgresql://scarmass@db:5432/scarmass")
    settings = Settings()
    assert (settings.density_g_per_ml, settings.sensitivity) == (1.06, 1)
    assert settings.postgres_url == "postgresql://scarmass:hunter2@db:5432/scarmass"
    assert "hunter2" not in repr(settings)
    monkeypatch.setenv("SCARMASS_DENSITY_G_PER_ML", "")  # as a compose file hands on what it was not given
    monkeypatch.setenv("SCARMASS_SENSITIVITY", "")
    assert (Settings().density_g_per_ml, Settings().sensitivity) == (1.06, 1)
    monkeypatch.setenv("SCARMASS_DENSITY_G_PER_ML", "1.07")
    monkeypatch.setenv("DATABASE_URL", "postgresql://scarmass:other@db:5432/scarmass")
    assert Settings().density_g_per_ml == 1.07
    assert Settings().postgres_url == "postgresql://scarmass:other@db:5432/scarmass"


def test_without_a_folder_of_secrets_nothing_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCARMASS_SECRETS_DIR", "/nowhere/at/all")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert Settings().postgres_url is None


def test_how_long_studies_stay_is_for_ever_unless_the_site_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Settings().retention.is_on
    assert Settings().retention.signed == 3650
    monkeypatch.setenv("SCARMASS_RETENTION_DAYS_WITHOUT_READING", "90")
    assert Settings().retention.without_reading == 90


def test_a_syslog_server_is_set_by_its_host_and_refused_where_it_cannot_be(tmp_path: Path) -> None:
    settings = AuditSettings.model_validate({"syslog": {"host": "syslog.example"}, "source_id": "scar-1"})
    assert settings.syslog is not None
    assert settings.syslog.server == SyslogServer("syslog.example", 6514, is_encrypted=True)
    assert settings.source == AuditSource("scar-1", "")
    (tmp_path / "own.pem").touch()
    for wrong, words in (
        ({"host": "a", "protocol": "tcp"}, "protocol"),
        ({"host": "a", "authority": "/not/there.pem"}, "authority names a file that is not there"),
        ({"host": "a", "certificate": str(tmp_path / "own.pem")}, "certificate and key are set together"),
        ({"host": "a", "prot": 1}, "prot"),
    ):
        with pytest.raises(ValidationError, match=words):
            AuditSettings.model_validate({"syslog": wrong})


@pytest.mark.parametrize("models", ["ray://gpu.example:8100", "ray://[::1]:8100", "https://models.example"])
def test_models_on_other_machines_are_named_by_their_address_and_known_by_a_token(models: str) -> None:
    settings = Settings(models=models, models_token=SecretStr("0123456789abcdef" * 2))
    assert settings.token_of_models == "0123456789abcdef" * 2
    for short in ("", "0123456789abcdef"):
        with pytest.raises(SecretTooShort, match="SCARMASS_MODELS_TOKEN"):
            _ = Settings(models=models, models_token=SecretStr(short)).token_of_models


@pytest.mark.parametrize(
    "models", ["gpu:8100", "http://gpu:8100", "ray://gpu", "ray://user@gpu:8100", "ray://gpu:8100/x"]
)
def test_an_address_of_models_that_cannot_be_is_refused(models: str) -> None:
    with pytest.raises(ValidationError, match="models"):
        Settings(models=models)


def test_settings_are_backed_up_without_their_secrets(tmp_path: Path) -> None:
    peer = {"name": "ARCHIVE", "url": "https://archive.example", "token": "hunter2"}
    settings = {"sensitivity": 1, "deidentification_secret": "hunter2", "pacs": {"peers": [peer]}}
    (tmp_path / "settings.json").write_text(json.dumps({**settings, "database_url": "postgresql://a:hunter2@b/c"}))
    kept, left_out = settings_without_secrets(tmp_path)
    assert "hunter2" not in json.dumps(kept)
    assert kept["pacs"]["peers"][0]["url"] == "https://archive.example"
    assert left_out == ("deidentification_secret", "pacs.peers.0.token", "database_url")
    assert settings_without_secrets(tmp_path / "nowhere") == ({}, ())
