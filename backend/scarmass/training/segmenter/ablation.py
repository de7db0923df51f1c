"""The ablation of the segmenter's training: equal short runs, each without one thing."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from scarmass.datasets.prepared import Prepared
from scarmass.training.run import CONFIGS, Devices
from scarmass.training.segmenter.config import CONFIG
from scarmass.training.segmenter.train import finetune

PLAN = CONFIGS / "ablation.toml"


def ablation(prepared: Prepared, weights_folder: Path, folder: Path, plan: Path = PLAN) -> str:
    """Run every variant that has no scores yet, or the rest of it.

    The table of all that have, as Markdown and as folder/ablation.csv.
    """
    settings = tomllib.loads(plan.read_text())
    base = tomllib.loads(CONFIG.read_text())
    for name, variant in settings["variants"].items():
        own = folder / name.replace(" ", "_").replace("'", "")
        if (own / "scores.json").is_file():
            continue
        own.mkdir(parents=True, exist_ok=True)
        config = own / "variant.toml"
        config.write_text(as_toml(merged(base, settings["common"], variant)))
        run = own / "run"
        is_begun = (run / "run.json").is_file()
        trained = finetune(prepared, weights_folder, run, config, Devices("cpu", 1), resume=is_begun)
        steps, scores = trained.validations[-1]
        rows = [{"variant": name, "steps": steps, "centre": centre, **asdict(one)} for centre, one in scores.items()]
        (own / "scores.json").write_text(json.dumps(rows, indent=1))
    return table(folder)


def table(folder: Path) -> str:
    """Validation scores of every variant that was run, by centre, in the order of their Dice after a drawn box."""
    rows = []
    for scores in [row for path in folder.glob("*/scores.json") for row in json.loads(path.read_text())]:
        for name, values in (("Dice", scores.pop("dice_by_clicks")), ("error", scores.pop("mass_error_by_clicks", ()))):
            scores |= {f"{name}, {number} clicks": value for number, value in enumerate(values)}
        rows.append(scores)
    frame = pd.DataFrame(rows).sort_values("Dice, 0 clicks", ascending=False)
    frame.to_csv(folder / "ablation.csv", index=False)
    columns = list(frame.columns)
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    for row in frame.itertuples(index=False):
        cells = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def merged(*settings: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of settings, of which later ones replace single settings of earlier ones."""
    result: dict[str, Any] = {}
    for one in settings:
        for name, value in one.items():
            known = result.get(name)
            result[name] = merged(known, value) if isinstance(known, dict) and isinstance(value, Mapping) else value
    return result


def as_toml(settings: Mapping[str, Any], within: str = "") -> str:
    """Settings of plain values, and tables of such, as TOML: JSON's notation of plain values is also TOML's.

    within: the name of the table that they are, with a dot.
    """
    plain = [f"{name} = {json.dumps(value)}" for name, value in settings.items() if not isinstance(value, Mapping)]
    tables = [
        f"[{within}{name}]\n{as_toml(value, f'{within}{name}.')}"
        for name, value in settings.items()
        if isinstance(value, Mapping)
    ]
    return "\n".join([*plain, *tables])
