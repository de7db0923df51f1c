"""The ablation: variants differ from the shipped configuration in what they say, and nowhere else."""

import json
import tomllib
from pathlib import Path

import pytest

from scarmass.training.segmenter import ablation as subject
from scarmass.training.segmenter.ablation import PLAN, ablation, as_toml, merged
from scarmass.training.segmenter.config import CONFIG, read_config
from scarmass.training.segmenter.scores import ValidationScores
from scarmass.training.segmenter.train import Trained

SETTINGS = tomllib.loads(PLAN.read_text())
BASE = tomllib.loads(CONFIG.read_text())


def test_settings_survive_as_toml() -> None:
    assert tomllib.loads(as_toml(BASE)) == BASE


@pytest.mark.parametrize("name", SETTINGS["variants"])
def test_every_variant_is_a_configuration_and_replaces_only_settings_that_exist(name: str, tmp_path: Path) -> None:
    variant = merged(BASE, SETTINGS["common"], SETTINGS["variants"][name])
    (tmp_path / "variant.toml").write_text(as_toml(variant))
    assert read_config(tmp_path / "variant.toml")
    for table, settings in SETTINGS["variants"][name].items():
        assert settings.keys() <= BASE[table].keys()
        assert all(variant[table][key] != BASE[table][key] for key in settings)


def test_runs_are_equally_long() -> None:
    lengths = {
        merged(BASE, SETTINGS["common"], variant)["optimiser"]["steps"] for variant in SETTINGS["variants"].values()
    }
    assert lengths == {SETTINGS["common"]["optimiser"]["steps"]}


def test_variants_that_were_run_are_kept_those_begun_are_resumed_and_all_are_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    resumed: list[str] = []

    def finetune(prepared, weights_folder, folder, config, devices, *, resume: bool) -> Trained:
        asked.append(folder.parent.name)
        resumed.extend([folder.parent.name] if resume else [])
        scores = ValidationScores((0.5 + len(asked) / 100, 0.6, 0.7, 0.8), 1.1, 0.4, 0.02)
        return Trained(folder / "weights", ((60, {"ours": scores}),))

    monkeypatch.setattr(subject, "finetune", finetune)
    done = tmp_path / "everything"
    done.mkdir()
    stored = {
        "variant": "everything",
        "steps": 60,
        "centre": "ours",
        "dice_by_clicks": [0.1, 0.2, 0.3, 0.4],
        "area_ratio": 1.0,
    }
    (done / "scores.json").write_text(json.dumps([stored | {"around_ventricle": 0.3, "scar_free": 0.0}]))
    begun = next(name for name in SETTINGS["variants"] if name != "everything").replace(" ", "_").replace("'", "")
    (tmp_path / begun / "run").mkdir(parents=True)
    (tmp_path / begun / "run" / "run.json").write_text("{}")
    lines = ablation(None, tmp_path, tmp_path).splitlines()  # type: ignore[arg-type]
    assert "everything" not in asked
    assert resumed == [begun]
    assert len(asked) == len(SETTINGS["variants"]) - 1
    assert len(lines) == 2 + len(SETTINGS["variants"])
    assert lines[-1].startswith("| everything | 60 | ours | 1.000 | 0.300 | 0.000 |")
    assert "| 0.100 | 0.200 | 0.300 | 0.400 |" in lines[-1]
