"""Which weights serve."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from scarmass import models
from scarmass.domain.errors import ModelNamedBySettings, ModelsUnavailable, WeightsInvalid, WeightsMissing
from scarmass.domain.promotion import ModelKind
from scarmass.inference.weights.load import sha256_of
from scarmass.models import require_promotable, serving_weights, shipped_model
from scarmass.services.context import Context
from scarmass.services.precedence import Precedence
from scarmass.settings import SEGMENTER, Settings
from tests.models import promote, weights_file

pytestmark = pytest.mark.slow

KIND, DETECTOR = ModelKind.SEGMENTER, ModelKind.DETECTOR


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_what_is_shipped_serves_until_something_is_promoted(
    context: Context, settings: Settings, tmp_path: Path
) -> None:
    def serving() -> str | Path:
        return serving_weights(settings, context.database, context.files, KIND)

    assert serving() == SEGMENTER
    file, model = weights_file(tmp_path, "ours")
    promote(context, file, model)
    file.unlink()
    assert sha256_of(Path(serving())) == model.sha256
    Path(serving()).write_bytes(b"altered, and made again of what is stored")
    assert sha256_of(Path(serving())) == model.sha256


def test_promoted_weights_that_are_lost_or_altered_are_no_silent_return_to_others(
    context: Context, settings: Settings, tmp_path: Path
) -> None:
    _, model = made = weights_file(tmp_path, "ours")
    promote(context, *made)
    next(context.files.root.rglob(model.sha256)).write_bytes(b"altered")
    with pytest.raises(WeightsInvalid, match="weights back"):
        serving_weights(settings, context.database, context.files, KIND)
    context.files.remove([model.sha256])
    with pytest.raises(WeightsMissing, match="weights back"):
        serving_weights(settings, context.database, context.files, KIND)


def test_weights_that_the_settings_name_serve_whatever_is_promoted(
    context: Context, settings: Settings, tmp_path: Path
) -> None:
    promote(context, *weights_file(tmp_path, "ours"))
    named = settings.model_copy(update={"segmenter": "mobile_sam"})
    assert serving_weights(named, context.database, context.files, KIND) == "mobile_sam"
    with pytest.raises(ModelNamedBySettings, match="mobile_sam"):
        require_promotable(named, KIND)
    require_promotable(named, DETECTOR)


def test_a_server_opens_models_on_other_machines_before_they_answer(
    context: Context, tmp_path: Path, unused_tcp_port: int
) -> None:
    address, token = f"ray://127.0.0.1:{unused_tcp_port}", SecretStr("0123456789abcdef" * 2)
    settings = Settings(data_dir=tmp_path, models=address, models_token=token)
    opened = models.open_models(settings, context.database, context.files)
    assert (opened.detector.model, opened.segmenter.model) == (shipped_model(DETECTOR), shipped_model(KIND))
    assert address in opened.segmenter.device_and_precision
    assert not opened.answer()
    assert opened.precedence.clicks_at_once > Precedence().clicks_at_once
    with pytest.raises(ModelsUnavailable):
        models.open_segmenter(settings, SEGMENTER)
