"""Settings from the environment, read once by the composition roots (and alembic)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from scarmass.domain.mass import MYOCARDIAL_DENSITY_G_PER_ML, MassExtent
from scarmass.domain.sensitivity import HIGHEST, LOWEST
from scarmass.paths import CHECKOUT


class Settings(BaseSettings):
    """PORT, DATA_DIR and DATABASE_URL go by those names; any other variable is the setting's with SCARMASS_ before."""

    model_config = SettingsConfigDict(env_prefix="SCARMASS_", populate_by_name=True)

    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORT")
    data_dir: Path = Field(
        default=(CHECKOUT or Path.cwd()) / "data",
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
    sensitivity_follows: bool = Field(default=True, description="whether a reading follows what its reader decides")
    max_upload_mib: int = Field(default=4096, ge=1)
