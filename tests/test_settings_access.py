"""Login as settings: what is read, what is refused, and where the server starts without one."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from scarmass.cli.serve import serve
from scarmass.domain.access import Role
from scarmass.domain.errors import LoginMissing, LoginUnsafe
from scarmass.settings import SETTINGS_FILE, Settings
from scarmass.settings_access import LoginSettings

SECRET = "what nobody may read"
PROVIDER: dict[str, Any] = {
    "issuer": "https://login.hospital.example/realms/heart",
    "client_id": "scarmass",
    "client_secret": SECRET,
    "roles": {"lge-readers": ["reader"], "lge-signers": ["reader", "signer"]},
    "study_groups": {"trial-a": ["trial A"], "radiology": ["*"]},
}
ADDRESS = "https://scar.hospital.example"


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


def login_of(login: dict[str, Any]) -> LoginSettings:
    return LoginSettings.model_validate(login)


def test_without_settings_nobody_has_to_sign_in() -> None:
    assert Settings().login.login is None


def test_the_login_is_read_from_the_file(data_dir: Path) -> None:
    said = {"provider": PROVIDER, "local_accounts": True, "idle_minutes": 15, "public_address": f"{ADDRESS}/"}
    (data_dir / SETTINGS_FILE).write_text(json.dumps({"login": said}))
    login = Settings().login.login
    assert login is not None
    assert login.provider is not None
    assert (login.kind, login.is_encrypted, login.idle) == ("local and provider", True, timedelta(minutes=15))
    assert login.public_address == ADDRESS
    assert login.provider.roles_of(frozenset({"lge-signers", "kitchen"})) == {Role.READER, Role.SIGNER}
    assert login.provider.study_groups_of(frozenset({"trial-a"})) == {"trial A"}
    assert login.provider.study_groups_of(frozenset({"trial-a", "radiology"})) is None
    assert login.provider.study_groups_of(frozenset({"kitchen"})) == frozenset()


def test_a_secret_is_told_nowhere_and_may_be_a_file(data_dir: Path) -> None:
    (data_dir / "secret").write_text(f"{SECRET}\n")
    of_file = {**PROVIDER, "client_secret": "", "client_secret_file": str(data_dir / "secret")}
    for said in (PROVIDER, of_file):
        settings = login_of({"provider": said})
        assert settings.login is not None
        assert settings.login.provider is not None
        assert settings.login.provider.client_secret == SECRET
        assert SECRET not in repr(settings)
        assert SECRET not in repr(settings.login)
        assert SECRET not in settings.model_dump_json()
    with pytest.raises(ValidationError) as refused:
        login_of({"provider": PROVIDER | {"issuer": "ftp://x"}})
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"provider": PROVIDER | {"issuer": "http://login.hospital.example"}}, "issuer is to begin with https://"),
        ({"provider": PROVIDER | {"client_secret": ""}}, "needs client_secret or client_secret_file"),
        ({"provider": PROVIDER | {"client_secret_file": "/none"}}, "and not both"),
        ({"provider": PROVIDER | {"client_secret": "", "client_secret_file": "/none"}}, "file that is not there"),
        ({"provider": PROVIDER | {"authority": "/none"}}, "authority names a file that is not there"),
        ({"provider": PROVIDER | {"scopes": ["profile"]}}, "scopes are to hold openid"),
        ({"provider": PROVIDER | {"roles": {}}}, "roles"),
        ({"provider": PROVIDER | {"roles": {"x": ["doctor"]}}}, "roles"),
        ({"provider": PROVIDER | {"isuer": "x"}}, "isuer"),
        ({"public_address": "scar.hospital.example"}, "public_address is http:// or https://"),
        ({"public_address": "https://scar.hospital.example/app"}, "public_address is http:// or https://"),
        ({"idle_minutes": 0}, "idle_minutes"),
        ({"local_acounts": True}, "local_acounts"),
    ],
)
def test_a_login_that_cannot_be_is_refused_in_a_sentence(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        login_of(said)


NONE: dict[str, Any] = {}
LOCAL = {"local_accounts": True}


@pytest.mark.parametrize(
    ("said", "host", "names"),
    [
        (NONE, "127.0.0.1", ["127.0.0.1", "localhost"]),
        (NONE, "127.8.9.1", []),
        (NONE, "::1", []),
        (NONE, "localhost", []),
        (LOCAL | {"public_address": ADDRESS}, "0.0.0.0", []),
        (LOCAL | {"public_address": ADDRESS}, "127.0.0.1", ["scar.hospital.example"]),
        (LOCAL | {"public_address": "http://127.0.0.1:8000"}, "0.0.0.0", []),
    ],
)
def test_where_only_this_machine_reaches_it_or_people_sign_in_over_https_it_starts(
    said: dict[str, Any], host: str, names: list[str]
) -> None:
    login_of(said).require_safe(host, names)


@pytest.mark.parametrize(
    ("said", "host", "names", "refusal"),
    [
        (NONE, "0.0.0.0", [], LoginMissing),
        (NONE, "::", [], LoginMissing),
        (NONE, "10.0.0.5", [], LoginMissing),
        (NONE, "scanner.localhost", [], LoginMissing),
        (NONE, "127.0.0.1", ["scar.hospital.example"], LoginMissing),
        ({"public_address": ADDRESS}, "0.0.0.0", [], LoginMissing),
        (LOCAL, "0.0.0.0", [], LoginUnsafe),
        (LOCAL | {"public_address": "http://scar.hospital.example"}, "0.0.0.0", [], LoginUnsafe),
        (LOCAL, "127.0.0.1", ["scar.hospital.example"], LoginUnsafe),
    ],
)
def test_where_others_would_reach_it_without_either_it_does_not(
    said: dict[str, Any], host: str, names: list[str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal, match=re.escape((names or [host])[0])):
        login_of(said).require_safe(host, names)


def test_the_server_says_how_to_turn_the_login_on_before_it_does_anything(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCARMASS_HOST", "0.0.0.0")
    with pytest.raises(LoginMissing, match="scarmass admin create-user") as refused:
        serve()
    assert len(str(refused.value).splitlines()) < 12
    assert list(data_dir.iterdir()) == []
