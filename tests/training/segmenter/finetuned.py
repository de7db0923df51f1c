"""A short fine-tuning on a drawn heart, by as many processes as torchrun begins.

torchrun --nproc-per-node 2 -m tests.training.segmenter.finetuned FOLDER
"""

import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from scarmass.datasets.prepared import Prepared
from scarmass.paths import WEIGHTS
from scarmass.training.run import Devices
from scarmass.training.segmenter.ablation import as_toml, merged
from scarmass.training.segmenter.config import CONFIG
from scarmass.training.segmenter.train import Trained, finetune
from tests.training.segmenter.hearts import heart

STEPS = 2
BRIEF: dict[str, Any] = {
    "base": "scarmass-litemedsam",
    "optimiser": {
        "steps": STEPS,
        "minutes": 60.0,
        "batch_size": 1,
        "warmup_steps": 1,
        "validate_every": 1,
        "encoder_rate": 0.0,
    },
    "curriculum": {"warmup_share": 0.0, "refiner_only_share": 1.0, "prompts_per_view": 1},
    "views": {"phantom_seeds": [10000, 10000]},
}


def finetuned(folder: Path, resume: bool = False) -> Trained:
    """folder: its run is in a folder within."""
    folder.mkdir(exist_ok=True)
    config = folder / "brief.toml"
    config.write_text(as_toml(merged(tomllib.loads(CONFIG.read_text()), BRIEF)))
    prepared = SimpleNamespace(
        sha256="dataset",
        split=SimpleNamespace(sha256="split"),
        folder=folder,
        centres={"ours": None},
        slices=lambda part, centre: [heart()],
    )
    return finetune(cast(Prepared, prepared), WEIGHTS, folder / "run", config, Devices("cpu"), resume=resume)


if __name__ == "__main__":
    finetuned(Path(sys.argv[1]))
