"""Login as settings: who signs in how, and for how long; refused in sentences where it cannot be."""

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from scarmass.domain.access import Role
from scarmass.domain.errors import LoginMissing, LoginUnsafe
from scarmass.domain.login import Login, Provider

StudyGroup = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
ClaimValue = Annotated[str, Field(min_length=1, max_length=256)]


class ProviderSettings(BaseModel):
    """An OpenID Connect provider. issuer: as its discovery document names it, to the letter.

    client_secret_file: instead of client_secret, a file that holds it. roles, study_groups: what a value of the claim
    gives; without a role nobody comes in, and without study_groups everybody sees every study. prompt: "login" where
    several people share a computer. authority: a file of certificates, where the system does not know the provider's.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    client_secret_file: Path | None = None
    roles_claim: str = Field(default="groups", min_length=1)
    roles: dict[ClaimValue, tuple[Role, ...]] = Field(min_length=1)
    study_groups: dict[ClaimValue, tuple[StudyGroup, ...]] = {}
    name_claim: str = Field(default="name", min_length=1)
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    prompt: str = Field(default="", pattern="^(login|select_account|consent)?$")
    authority: Path | None = None
    label: str = Field(default="Sign in", min_length=1, max_length=64)

    @field_validator("issuer")
    @classmethod
    def _is_address(cls, issuer: str) -> str:
        address = urlsplit(issuer)
        if not address.hostname or not (address.scheme == "https" or is_loopback(address.hostname)):
            raise ValueError("issuer is to begin with https://: what it says is believed")
        return issuer

    @model_validator(mode="after")
    def _has_secret(self) -> "ProviderSettings":
        if bool(self.client_secret.get_secret_value()) == (self.client_secret_file is not None):
            raise ValueError("the provider needs client_secret or client_secret_file, and not both")
        if self.client_secret_file is not None and not self.client_secret_file.is_file():
            raise ValueError("client_secret_file names a file that is not there")
        if self.authority is not None and not self.authority.is_file():
            raise ValueError("authority names a file that is not there")
        if "openid" not in self.scopes:
            raise ValueError("scopes are to hold openid")
        return self

    @property
    def provider(self) -> Provider:
        file = self.client_secret_file
        return Provider(
            issuer=self.issuer,
            client_id=self.client_id,
            client_secret=self.client_secret.get_secret_value() if file is None else file.read_text().strip(),
            roles={value: frozenset(roles) for value, roles in self.roles.items()},
            study_groups={value: frozenset(groups) for value, groups in self.study_groups.items()},
            roles_claim=self.roles_claim,
            name_claim=self.name_claim,
            scopes=self.scopes,
            prompt=self.prompt,
            authority=self.authority,
            label=self.label,
        )


class LoginSettings(BaseModel):
    """provider, local_accounts: how people sign in; with neither nobody has to, which 127.0.0.1 alone allows.

    public_address: where browsers reach the server, such as https://scar.hospital.example; redirects and cookies need
    it wherever that is not the address that the server listens on. idle_minutes, longest_hours: of a session.
    study_group_of: which study group the studies of a peer come into, by its AE title or name.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    provider: ProviderSettings | None = None
    local_accounts: bool = False
    idle_minutes: float = Field(default=60, gt=0, le=24 * 60)
    longest_hours: float = Field(default=12, gt=0, le=7 * 24)
    public_address: str | None = None
    study_group_of: dict[str, StudyGroup] = {}

    @field_validator("public_address")
    @classmethod
    def _is_origin(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
            raise ValueError("public_address is http:// or https://, a host, and a port where it is another one")
        return address.rstrip("/")

    @property
    def login(self) -> Login | None:
        """None where nobody has to sign in."""
        if self.provider is None and not self.local_accounts:
            return None
        return Login(
            local_accounts=self.local_accounts,
            provider=None if self.provider is None else self.provider.provider,
            idle=timedelta(minutes=self.idle_minutes),
            longest=timedelta(hours=self.longest_hours),
            public_address=self.public_address,
        )

    def require_safe(self, host: str) -> None:
        """Whether the server may listen there. Raises LoginMissing, LoginUnsafe."""
        if is_loopback(host):
            return
        if self.login is None:
            raise LoginMissing(TURN_ON.format(host=host))
        address = urlsplit(self.public_address or "")
        if address.scheme != "https" and not is_loopback(address.hostname or ""):
            raise LoginUnsafe(ENCRYPT.format(host=host))


def is_loopback(host: str) -> bool:
    """Is it this machine itself, whatever the network?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


TURN_ON = """\
other machines would reach {host}, and nobody would have to sign in.

Turn the login on in DATA_DIR/settings.json:
  "login": {{"local_accounts": true, "public_address": "https://scar.hospital.example"}}
and make yourself an account:
  scarmass admin create-user YOUR_NAME --role administrator --role signer
With an OpenID Connect provider: docs/login.md. Without a login set SCARMASS_HOST to 127.0.0.1."""

ENCRYPT = """\
passwords and patients' images would reach {host} unencrypted.

Let a reverse proxy take https, and say where browsers reach it:
  "login": {{..., "public_address": "https://scar.hospital.example"}}
docs/login.md has examples."""
