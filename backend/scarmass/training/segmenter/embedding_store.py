"""Embeddings of views in training: what the frozen part of the encoder gives is computed once and kept in a folder.

Frozen whole, its embeddings are kept. Where it is trained, its early stages stay frozen (half of TinyViT's cost, a
tenth of its weights): their features are kept, and the late stages are run with gradients.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.onnx_encoder import OnnxEncoder, exported_encoder
from scarmass.inference.segmenter.tiny_vit import EARLY_STAGES, TinyVitEncoder
from scarmass.inference.segmenter.window import Float32, Normalisation, encoder_input
from scarmass.inference.weights.catalog import Entry
from scarmass.training.segmenter.views import AugmentedView


class EmbeddingStore:
    """Encodes views. The frozen stages encode the same pixels once, also over several runs."""

    def __init__(
        self,
        network: PromptableSegmenter,
        entry: Entry,
        folder: Path,
        device: torch.device,
        *,
        trains_late_stages: bool = False,
    ) -> None:
        """Raises ValueError where late stages are to be trained of an encoder that is not divided into stages."""
        encoder = network.image_encoder
        if trains_late_stages and not isinstance(encoder, TinyVitEncoder):
            raise ValueError("only TinyViT's late stages can be trained while its early ones are kept")
        self._folder, self._device = folder, device
        self._late: nn.Module | None = None
        frozen: nn.Module = encoder
        if trains_late_stages:
            # In eval mode from here on: an export restores the mode that it found.
            frozen, self._late = (
                EarlyStages(encoder).eval(),
                LateStages(encoder).eval(),
            )
        self._frozen = frozen
        self._size, self._normalisation = entry.input_size, Normalisation(entry.normalisation)
        self._name = f"{'early' if trains_late_stages else 'whole'}-{weights_sha256(frozen)}"
        self._encode: Callable[[Float32], Tensor] = lambda pixels: in_torch(frozen, pixels, device)
        if device.type == "cpu" and isinstance(encoder, TinyVitEncoder):
            exported = exported_encoder(frozen, self._size, self._name, folder)
            self._encode = OnnxEncoder(exported, torch.get_num_threads())
        self._files: dict[str, Path] = {}

    def embedding(self, view: AugmentedView, is_fresh: bool = False) -> Tensor:
        """float32 (1, 256, 64, 64) of a view, with gradients of the stages that are trained.

        is_fresh: the view comes only once; nothing of it is kept.
        """
        if is_fresh:
            pixels = self._pixels(view)
            with torch.no_grad():
                features = self._frozen(torch.from_numpy(pixels)[None].to(self._device))
            return features if self._late is None else self._late(features)
        if view.name not in self._files:
            self._files[view.name] = self._kept(self._pixels(view))
        return self._completed(self._files[view.name], self._late)

    def _pixels(self, view: AugmentedView) -> Float32:
        return encoder_input(view.annotated.pixels, view.window, self._size, self._normalisation)

    def encode_with(self, network: PromptableSegmenter) -> Callable[[Float32], Tensor]:
        """Encodes normalised windows (3, size, size) by another state of the network, alike in its frozen stages."""
        late = None if self._late is None else LateStages(network.image_encoder)

        def encode(pixels: Float32) -> Tensor:
            with torch.inference_mode():
                return self._completed(self._kept(pixels), late)

        return encode

    def _completed(self, file: Path, late: nn.Module | None) -> Tensor:
        features = torch.from_numpy(np.load(file)).float().to(self._device)
        return features if late is None else late(features)

    def _kept(self, pixels: Float32) -> Path:
        name = hashlib.sha256(self._name.encode() + pixels.tobytes()).hexdigest()[:32]
        file = self._folder / f"{name}.npy"
        if not file.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(".partial.npy")
            np.save(partial, self._encode(pixels).cpu().numpy().astype(np.float16))
            partial.replace(file)
        return file


class EarlyStages(nn.Module):
    """A TinyViT encoder's early stages as a module of their own."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        assert isinstance(encoder, TinyVitEncoder)
        self.patch_embed, self.stages = encoder.trunk.patch_embed, encoder.trunk.stages[:EARLY_STAGES]

    def forward(self, pixels: Tensor) -> Tensor:
        return self.stages(self.patch_embed(pixels))


class LateStages(nn.Module):
    """Its other stages and its neck."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        assert isinstance(encoder, TinyVitEncoder)
        self.stages, self.neck = encoder.trunk.stages[EARLY_STAGES:], encoder.neck

    def forward(self, features: Tensor) -> Tensor:
        return self.neck(self.stages(features))

    def require_gradients(self) -> None:
        """Train all weights but attention biases: timm caches those outside its training mode,
        which would also move the statistics of batch norm."""
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(not name.endswith("attention_biases"))


def in_torch(encoder: nn.Module, pixels: Float32, device: torch.device) -> Tensor:
    with torch.inference_mode():
        return encoder(torch.from_numpy(pixels)[None].to(device))


def weights_sha256(module: nn.Module) -> str:
    """Identifies a module's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().numpy().tobytes())
    return digest.hexdigest()
