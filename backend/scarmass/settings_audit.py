"""Where the audit trail is sent to, as settings."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scarmass.domain.audit import PROCESS
from scarmass.imaging.audit_message import AuditSource
from scarmass.imaging.syslog import SyslogServer


class SyslogSettings(BaseModel):
    """protocol: udp loses what a network loses, and anybody may read it: for trials. authority: whose certificates are
    trusted, the machine's own authorities where none is named. certificate, key: what we show, where it asks."""

    model_config = ConfigDict(extra="forbid")

    host: str = Field(min_length=1)
    port: int = Field(default=6514, ge=1, le=65535)
    protocol: str = Field(default="tls", pattern="^(tls|udp)$")
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str = Field(default="", description="that its certificate is of, where that is not its host")

    @model_validator(mode="after")
    def _can_be(self) -> "SyslogSettings":
        for name in ("authority", "certificate", "key"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{name} names a file that is not there")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key are set together")
        return self

    @property
    def server(self) -> SyslogServer:
        shown = self.authority, self.certificate, self.key
        return SyslogServer(self.host, self.port, self.protocol == "tls", *shown, self.server_name)


class AuditSettings(BaseModel):
    """source_id: who reports, in each message; enterprise_site_id: the site that it belongs to, where there is one."""

    model_config = ConfigDict(extra="forbid")

    syslog: SyslogSettings | None = Field(default=None, description="the audit trail is sent there as well")
    source_id: str = Field(default=PROCESS, min_length=1, max_length=48, pattern="^[!-~]+$")
    enterprise_site_id: str = Field(default="", max_length=64, pattern="^[ -~]*$")

    @property
    def source(self) -> AuditSource:
        return AuditSource(self.source_id, self.enterprise_site_id)
