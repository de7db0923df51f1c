"""The figure of the zero-shot comparison: Dice by backbone and prompt strategy, and against the time of a slice."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from scarmass.evaluation.zero_shot.strategies import STRATEGIES
from scarmass.evaluation.zero_shot.summary import Line

BAR_SHARE = 0.8
"""Of a strategy's place, what its bars take."""


def write_figure(lines: Sequence[Line], folder: Path, name: str = "zero_shot") -> list[Path]:
    """Write folder/name.png and .svg, the same bytes for the same lines."""
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    bars, scatter = figure.subplots(1, 2, width_ratios=(2.2, 1))
    strategies = [s for s in STRATEGIES if any(line.strategy == s for line in lines)]
    backbones = list(dict.fromkeys(line.backbone for line in lines))
    for number, backbone in enumerate(backbones):
        own = {line.strategy: line for line in lines if line.backbone == backbone}
        width = BAR_SHARE / len(backbones)
        shown = [strategy for strategy in strategies if strategy in own]
        places = np.array([strategies.index(strategy) for strategy in shown]) + (number + 0.5) * width - BAR_SHARE / 2
        means = np.array([own[strategy].dice_mean for strategy in shown])
        ends = np.array([(own[strategy].dice_low, own[strategy].dice_high) for strategy in shown])
        reach = np.clip([means - ends[:, 0], ends[:, 1] - means], 0, None)
        bars.bar(places, means, width, yerr=np.nan_to_num(reach), capsize=2, label=backbone, color=f"C{number}")
        seconds = [own[strategy].embed_seconds + own[strategy].decode_seconds for strategy in shown]
        scatter.scatter(seconds, means, color=f"C{number}", label=backbone, alpha=0.7)
    bars.set_xticks(range(len(strategies)), [s.replace("_", "\n") for s in strategies], fontsize=8)
    bars.set_ylabel("Dice, mean over slices, 95 % CI by patients")
    bars.set_ylim(0, 1)
    bars.legend(frameon=False, fontsize=8)
    scatter.set_xscale("log")
    scatter.set_ylim(0, 1)
    scatter.set_xlabel("processor seconds a slice, encoding and prompts")
    scatter.set_ylabel("Dice, one dot a strategy")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{kind}" for kind in ("png", "svg")]
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(paths[0], dpi=150, metadata={"Software": None})
        figure.savefig(paths[1], metadata={"Date": None})
    return paths
