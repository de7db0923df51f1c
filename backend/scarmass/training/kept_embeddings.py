"""The image encoder in training: frozen, with its embeddings kept in a folder, or trained, with gradients."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from scarmass.inference.catalog import Entry
from scarmass.inference.onnx_encoder import OnnxEncoder, exported_encoder
from scarmass.inference.segmenter import PromptableSegmenter
from scarmass.inference.window import Float32, Normalisation, encoder_input
from scarmass.training.segmenter_examples import Example


class Embeddings:
    """Encodes views. What the frozen encoder made of the same pixels is never made twice, also by later runs."""

    def __init__(self, network: PromptableSegmenter, entry: Entry, folder: Path, device: torch.device) -> None:
        self._network, self._folder, self._device = network, folder, device
        self._size, self._normalisation = entry.input_size, Normalisation(entry.normalisation)
        self._encoder = encoder_sha256(network)
        self._encode: Callable[[Float32], Tensor] = self._in_torch
        if device.type == "cpu" and entry.architecture == "tiny_vit":
            exported = exported_encoder(network.image_encoder, self._size, self._encoder, folder)
            self._encode = OnnxEncoder(exported, torch.get_num_threads())
        self._files: dict[str, Path] = {}

    def of(self, example: Example) -> Tensor:
        """float32 (1, 256, 64, 64) of a view, by the frozen encoder."""
        if example.name not in self._files:
            self._files[example.name] = self._kept(self._pixels(example))
        return torch.from_numpy(np.load(self._files[example.name])).float().to(self._device)

    def encode(self, pixels: Float32) -> Tensor:
        """float32 (1, 256, 64, 64) of a normalised window (3, size, size), by the frozen encoder."""
        return torch.from_numpy(np.load(self._kept(pixels))).float().to(self._device)

    def anew(self, example: Example) -> Tensor:
        """float32 (1, 256, 64, 64) of a view, by the encoder as it is now, with gradients."""
        return self._network.encode(torch.from_numpy(self._pixels(example))[None].to(self._device))

    def _pixels(self, example: Example) -> Float32:
        return encoder_input(example.annotated.pixels, example.window, self._size, self._normalisation)

    def _kept(self, pixels: Float32) -> Path:
        name = hashlib.sha256(self._encoder.encode() + pixels.tobytes()).hexdigest()[:32]
        file = self._folder / f"{name}.npy"
        if not file.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial.npy")
            np.save(partial, self._encode(pixels).cpu().numpy().astype(np.float16))
            partial.replace(file)
        return file

    def _in_torch(self, pixels: Float32) -> Tensor:
        with torch.inference_mode():
            return self._network.encode(torch.from_numpy(pixels)[None].to(self._device))


def encoder_sha256(network: PromptableSegmenter) -> str:
    """Identifies the encoder's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.image_encoder.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().numpy().tobytes())
    return digest.hexdigest()
