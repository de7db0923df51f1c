"""Settings from the environment and the data folder, read once by the composition roots (and alembic)."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, Field
from pydantic_settings import (
    BaseSettings,
    JsonConfigSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from scarmass.domain.mass import MYOCARDIAL_DENSITY_G_PER_ML, MassExtent
from scarmass.domain.sensitivity import HIGHEST, LOWEST
from scarmass.paths import CHECKOUT

DATA_DIR = (CHECKOUT or Path.cwd()) / "data"
SETTINGS_FILE = "settings.json"


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


class Settings(BaseSettings):
    """PORT, DATA_DIR and DATABASE_URL go by those names; any other variable is the setting's with SCARMASS_ before.

    What the environment does not say, DATA_DIR/settings.json may, by the settings' own names.
    """

    model_config = SettingsConfigDict(env_prefix="SCARMASS_", populate_by_name=True)

    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORT")
    data_dir: Path = Field(
        default=DATA_DIR,
        validation_alias="DATA_DIR",
        description="in a checkout its own data folder, else that of the folder the command is started in",
    )
    database_url: str | None = Field(
        default=None, validation_alias="DATABASE_URL", description="unset means the embedded PostgreSQL"
    )
    host: str = "127.0.0.1"
    allowed_hosts: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost"), description="names in the address bar that are answered, as a JSON list"
    )
    device: str = Field(default="auto", pattern="^(auto|cpu|cuda(:[0-9]+)?)$")
    segmenter: str = Field(default="scarmass-litemedsam", description="a name in the catalog or a path to weights")
    detector: str = Field(default="scarmass-yolo26n", description="a name in the catalog or a path to weights")
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
    max_upload_mib: int = Field(default=4096, ge=1)

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
        return init_settings, env_settings, JsonConfigSettingsSource(settings_cls, json_file=file)


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
