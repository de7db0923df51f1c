"""Settings from the environment and the data folder, read once by the composition roots (and alembic)."""

import json
import os
import re
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, IPvAnyAddress, IPvAnyNetwork, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    JsonConfigSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from scarmass.api.bounds import BodyBounds, Share
from scarmass.domain.deletion import RetentionRules
from scarmass.domain.errors import SecretTooShort
from scarmass.domain.mass import MYOCARDIAL_DENSITY_G_PER_ML, MassExtent
from scarmass.domain.sensitivity import HIGHEST, LOWEST
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.paths import CHECKOUT
from scarmass.settings_access import LoginSettings
from scarmass.settings_audit import AuditSettings
from scarmass.settings_objects import ObjectStoreSettings
from scarmass.settings_pacs import PacsSettings
from scarmass.storage.database import with_password

DATA_DIR = (CHECKOUT or Path.cwd()) / "data"
SETTINGS_FILE = "settings.json"
SECRETS_DIR = "/run/secrets"

SECRET = re.compile(r"(secret|token|password|database_url)$")
"""The end of the name of every setting that is one, or may hold one."""

SHORTEST_TOKEN = 32

SEGMENTER, DETECTOR = "scarmass-litemedsam-two-centres", "scarmass-yolo26n"
"""What is shipped: it serves where nothing else is named or promoted, and is evaluated where nothing else is named."""


class SensitivityFit(BaseModel):
    """What a site's sensitivity was fitted to; before and after: Dice, bias and error, after with patients left out."""

    segmenter: str
    segmenter_sha256: str
    dataset_sha256: str
    patients: int
    slices: int
    before: dict[str, float]
    after: dict[str, float]
    fitted_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Settings(ObjectStoreSettings):
    """PORT, DATA_DIR and DATABASE_URL go by those names; any other variable is the setting's with SCARMASS_ before.

    What the environment does not say, or leaves empty, a file of the variable's name in SCARMASS_SECRETS_DIR
    (/run/secrets) may, then DATA_DIR/settings.json, by the settings' own names.
    """

    model_config = SettingsConfigDict(
        env_prefix="SCARMASS_", env_ignore_empty=True, populate_by_name=True, hide_input_in_errors=True
    )

    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORT")
    data_dir: Path = Field(
        default=DATA_DIR,
        validation_alias="DATA_DIR",
        description="in a checkout its own data folder, else that of the folder the command is started in",
    )
    database_url: str | None = Field(
        default=None, validation_alias="DATABASE_URL", description="unset means the embedded PostgreSQL"
    )
    database_password: SecretStr | None = Field(
        default=None, description="of the DATABASE_URL, where that has none: so it can be a file of its own"
    )
    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost"),
        description="names in the address bar that are answered, beside these, as a JSON list",
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        default=(),
        description="addresses or networks of proxies whose X-Forwarded-For, -Proto and -Host count, as a JSON list",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="of /metrics alone, without login; unset means beside the pages, with it",
    )
    metrics_host: IPvAnyAddress = Field(default=IPv4Address("127.0.0.1"), description="that metrics_port is opened at")
    device: str = Field(default="auto", pattern="^(auto|cpu|cuda(:[0-9]+)?)$")
    segmenter: str | None = Field(
        default=None, description="a name in the catalog or a path to weights; unset, what was promoted, or is shipped"
    )
    detector: str | None = Field(default=None, description="the same of the detector")
    models: str | None = Field(
        default=None,
        pattern=r"^(ray://[A-Za-z0-9.:\[\]-]+:[0-9]{1,5}|https://[A-Za-z0-9.:\[\]-]+)$",
        description="ray://host:port where `scarmass models` runs (https:// behind a proxy); unset, models run here",
    )
    models_token: SecretStr = Field(
        default=SecretStr(""), description="what server and `scarmass models` know each other by: 32 characters or more"
    )
    embedding_cache_mib: int = Field(default=1024, ge=16)
    mass_extent: MassExtent = MassExtent.SLICE_THICKNESS
    density_g_per_ml: float = Field(default=MYOCARDIAL_DENSITY_G_PER_ML, gt=0.5, lt=2)
    sensitivity: float = Field(
        default=0,
        ge=LOWEST,
        le=HIGHEST,
        description="how generously outlines are drawn where a reading starts: 0 is the model's own limit",
    )
    sensitivity_fit: SensitivityFit | None = Field(default=None, description="what `scarmass calibrate` wrote")
    sensitivity_follows: bool = Field(default=True, description="whether a reading follows what its reader decides")
    results_folder: Path | None = Field(
        default=None, description="where signed readings are written as CSV and JSON; it is never made"
    )
    max_upload_mib: int = Field(default=4096, ge=1, description="of one upload, as it is sent")
    max_json_kib: int = Field(default=1024, ge=64, description="of the body of any other request")
    max_file_mib: int = Field(default=128, ge=1, description="of one file, unpacked")
    max_attribute_kib: int = Field(default=4096, ge=64, description="of one DICOM attribute but the pixel data")
    max_image_pixels: int = Field(default=2**24, ge=2**16, description="rows x columns of one image")
    max_stack_pixels: int = Field(default=2**26, ge=2**16, description="of a stack that models are asked about")
    max_archive_files: int = Field(default=50_000, ge=1, description="in one .zip archive")
    max_archive_mib: int = Field(default=8192, ge=1, description="of the files of one .zip archive, unpacked")
    examiner_processes: int = Field(default=2, ge=1, description="that read uploaded files beside the server")
    examiner_memory_mib: int = Field(default=384, ge=192, description="that reading one file may take")
    examiner_seconds: float = Field(default=4, gt=0, description="that reading one file may take")
    upload_seconds: float = Field(
        default=6, gt=0, description="that reading an upload's files may take, besides one for each 2 MiB sent"
    )
    deidentify: bool = Field(default=False, description="whether what comes in is stored without its patient")
    deidentification_secret: SecretStr = Field(
        default=SecretStr(""), description="pseudonyms are made with it: 32 characters or more, and always the same"
    )
    report_templates: Path | None = Field(
        default=None, description="a folder whose report.html or report.typ takes the place of ours"
    )
    pacs: PacsSettings = Field(default=PacsSettings(), description="the network's machines, and the rules")
    audit: AuditSettings = Field(default=AuditSettings(), description="where the audit trail is sent to besides")
    login: LoginSettings = Field(
        default=LoginSettings(), description="who signs in how; without one the server listens on 127.0.0.1 alone"
    )
    max_associations: int = Field(default=16, ge=1, le=256, description="of DICOM peers that send, at once")
    checks_peer_address: bool = Field(
        default=True, description="whether a DICOM peer is known by the address of its host besides its AE title"
    )
    retention_days_without_reading: int | None = Field(
        default=None,
        ge=1,
        description="after the last image came, where no reader began: the study leaves the worklist, to be deleted",
    )
    retention_days_after_signing: int | None = Field(
        default=None, ge=1, description="after the last signature: the study leaves the worklist, to be deleted"
    )
    retention_days_off_worklist: int = Field(
        default=30, ge=0, description="that retention leaves a study off the worklist before it is deleted for good"
    )
    retention_days_signed: int = Field(
        default=3650, ge=0, description="that a signed reading is kept: to delete it sooner has to be said expressly"
    )
    nightly_hour: int = Field(
        default=3, ge=0, le=23, description="of the server's clock: when retention and other daily work is done"
    )
    max_storage_gib: float | None = Field(
        default=None, gt=0, description="of stored objects; unset, the disk alone bounds them"
    )
    min_free_disk_gib: float = Field(default=1, ge=0, description="of the disk of stored objects, that stay free")
    requests_per_second: float = Field(default=50, gt=0, description="of one person")
    request_burst: int = Field(default=500, ge=1, description="of one person, at one go")
    uploads_at_once: int = Field(default=3, ge=1, description="of one person")
    model_work_at_once: int = Field(default=16, ge=1, description="requests of one person that models answer")
    persons_per_address: int = Field(
        default=20, ge=1, description="all who come from one address may ask for so many times as much together"
    )
    body_idle_seconds: float = Field(default=20, gt=0, description="that a request's body may bring nothing")

    @model_validator(mode="after")
    def _bounds_one_store(self) -> "Settings":
        if self.objects is not None and self.max_storage_gib is not None:
            raise ValueError("max_storage_gib is of DATA_DIR: what an object store may hold, its own quota says")
        return self

    @property
    def postgres_url(self) -> str | None:
        """DATABASE_URL with its password; None means the embedded PostgreSQL."""
        if self.database_url is None or self.database_password is None:
            return self.database_url
        return with_password(self.database_url, self.database_password.get_secret_value())

    @property
    def retention(self) -> RetentionRules:
        return RetentionRules(
            without_reading=self.retention_days_without_reading,
            after_signing=self.retention_days_after_signing,
            off_worklist=self.retention_days_off_worklist,
            signed=self.retention_days_signed,
        )

    @property
    def bounds(self) -> Bounds:
        return Bounds(
            file_bytes=self.max_file_mib * 2**20,
            attribute_bytes=self.max_attribute_kib * 2**10,
            image_pixels=self.max_image_pixels,
            archive_entries=self.max_archive_files,
            expanded_bytes=self.max_archive_mib * 2**20,
            memory_bytes=self.examiner_memory_mib * 2**20,
            file_seconds=self.examiner_seconds * (2 if self.deidentify else 1),  # it is read once more, and written
            upload_seconds=self.upload_seconds,
        )

    @property
    def pseudonyms(self) -> Pseudonyms | None:
        """None where what comes in is stored as it is. Raises SecretTooShort."""
        return Pseudonyms(self.deidentification_secret.get_secret_value()) if self.deidentify else None

    @property
    def token_of_models(self) -> str:
        """Raises SecretTooShort."""
        token = self.models_token.get_secret_value()
        if len(token) < SHORTEST_TOKEN:
            raise SecretTooShort(f"SCARMASS_MODELS_TOKEN has to have {SHORTEST_TOKEN} characters or more")
        return token

    @property
    def body_bounds(self) -> BodyBounds:
        return BodyBounds(
            upload_bytes=self.max_upload_mib * 2**20,
            json_bytes=self.max_json_kib * 2**10,
            idle_seconds=self.body_idle_seconds,
        )

    @property
    def share(self) -> Share:
        return Share(
            self.requests_per_second,
            self.request_burst,
            self.uploads_at_once,
            self.model_work_at_once,
            self.persons_per_address,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = Path(os.environ.get("DATA_DIR", DATA_DIR)) / SETTINGS_FILE
        secrets = Path(os.environ.get("SCARMASS_SECRETS_DIR", SECRETS_DIR))
        files = [SecretsSettingsSource(settings_cls, secrets_dir=secrets)] if secrets.is_dir() else []
        return init_settings, env_settings, *files, JsonConfigSettingsSource(settings_cls, json_file=file)


def settings_without_secrets(data_dir: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What settings.json says but for its secrets, and the names of those."""
    file = data_dir / SETTINGS_FILE
    left_out: list[str] = []

    def without(given: Any, name: str) -> Any:
        if isinstance(given, list):
            return [without(one, f"{name}.{place}") for place, one in enumerate(given)]
        if not isinstance(given, dict):
            return given
        kept = {}
        for key, value in given.items():
            of = f"{name}.{key}".removeprefix(".")
            if SECRET.search(key) and isinstance(value, str):
                left_out.append(of)
            else:
                kept[key] = without(value, of)
        return kept

    kept = without(json.loads(file.read_text()), "") if file.is_file() else {}
    return kept, tuple(left_out)


def write_settings(data_dir: Path, *, sensitivity: float, sensitivity_fit: SensitivityFit) -> Path:
    """Write a site's sensitivity into its settings.json, beside what stands there."""
    file = data_dir / SETTINGS_FILE
    kept = json.loads(file.read_text()) if file.is_file() else {}
    kept |= {"sensitivity": sensitivity, "sensitivity_fit": sensitivity_fit.model_dump(mode="json")}
    data_dir.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(kept, indent=2) + "\n")
    partial.replace(file)
    return file
