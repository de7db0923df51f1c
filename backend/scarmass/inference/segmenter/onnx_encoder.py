"""The image encoder as an ONNX file, which a CPU runs in less than half of torch's time."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from scarmass.inference.onnx_export import ExportedNetwork
from scarmass.inference.onnx_network import Precision
from scarmass.inference.segmenter.window import Float32, Normalisation, encoder_input, stack_window
from scarmass.inference.weights.load import Weights

EXAMPLES = 4
"""Windows over which the ranges of 8-bit integers are found: more do not widen them."""


class OnnxEncoder:
    """Normalised window (3, input_size, input_size) -> embedding (1, 256, 64, 64), float32 on the CPU."""

    def __init__(self, encoder: nn.Module, weights: Weights, folder: Path) -> None:
        """encoder: of these weights. folder: where the export is kept, written on the first call for them (seconds)."""
        size, normalisation = weights.entry.input_size, Normalisation(weights.entry.normalisation)
        windows = [noise_window(seed, size, normalisation) for seed in range(1 + EXAMPLES)]
        noise = [{"window": torch.from_numpy(window[None])} for window in windows]
        path = folder / f"encoder-{weights.sha256}.onnx"
        self._network = ExportedNetwork(encoder, noise[0], ["embedding"], path, examples=noise[1:])

    @property
    def precision(self) -> Precision:
        return self._network.precision

    def __call__(self, window: Float32) -> torch.Tensor:
        (embedding,) = self._network(window=torch.from_numpy(window[None]))
        return embedding


def noise_window(seed: int, input_size: int, normalisation: Normalisation) -> Float32:
    """A normalised window (3, input_size, input_size) of noise that is as rough at each scale as pictures are."""
    generator = np.random.default_rng(seed)
    frequencies = np.hypot(*np.meshgrid(np.fft.fftfreq(input_size), np.fft.rfftfreq(input_size), indexing="ij"))
    frequencies[0, 0] = np.inf  # the mean is 0
    spectrum = np.fft.rfft2(generator.standard_normal((input_size, input_size))) / frequencies
    pixels = np.fft.irfft2(spectrum, (input_size, input_size)).astype(np.float32)
    return encoder_input(pixels, stack_window(pixels.shape, (1.0, 1.0), None), input_size, normalisation)
