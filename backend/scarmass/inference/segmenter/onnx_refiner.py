"""The refiner as an ONNX file: a CPU runs it faster than torch does, several times as fast where its cores are busy.

Torch's threads wait for each other after every layer, which takes long where something else has a core.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from scarmass.inference.onnx_export import ExportedNetwork
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.refiner import MAPS, Refiner
from scarmass.inference.segmenter.window import LOGITS_SIDE


class OnnxRefiner:
    """What Refiner.with_outlines answers, on the CPU; prompts one after the other."""

    def __init__(self, refiner: Refiner, weights_sha256: str, folder: Path) -> None:
        """folder: where the export is kept, written on the first call for these weights (seconds)."""
        noise = torch.rand(1, MAPS, LOGITS_SIDE, LOGITS_SIDE, generator=torch.Generator().manual_seed(0))
        example = {"maps": 2 * noise - 1, "structure": torch.zeros(1, dtype=torch.long)}
        path = folder / f"refiner-{weights_sha256}.onnx"
        self._network = ExportedNetwork(_WithOutlines(refiner), example, ["answer", "outlines"], path)

    @property
    def precision(self) -> Precision:
        return self._network.precision

    def __call__(self, maps: Tensor, structures: Tensor) -> tuple[Tensor, Tensor]:
        """Answers (n, 256, 256) and outlines (n, 2, 256, 256) of maps (n, 6, 256, 256) for n structures (n,)."""
        asked = zip(maps.split(1), structures.split(1), strict=True)
        found = [self._network(maps=shown, structure=structure) for shown, structure in asked]
        answers, outlines = zip(*found, strict=True)
        return torch.cat(answers), torch.cat(outlines)


class _WithOutlines(nn.Module):
    def __init__(self, refiner: Refiner) -> None:
        super().__init__()
        self.refiner = refiner

    def forward(self, maps: Tensor, structure: Tensor) -> tuple[Tensor, Tensor]:
        return self.refiner.with_outlines(maps, structure)
