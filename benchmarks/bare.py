"""One backbone without the application around it: its own modules, and segment-anything's predictor on the same.

Everything timed runs in one worker thread, as requests do in the server. OpenMP gives each calling thread a team of its
own and lets idle threads spin much longer in a process that has one team only; on busy cores that is the difference
between 0.2 and 2 s for a decode.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from segment_anything import SamPredictor
from segment_anything.modeling import Sam
from torch import Tensor

from scarmass.domain.prompts import Prompt, PromptGroup
from scarmass.domain.protocols import SliceImage
from scarmass.inference.segmenter.engine import chosen_device
from scarmass.inference.segmenter.network import build_segmenter
from scarmass.inference.segmenter.onnx_decoder import OnnxDecoder
from scarmass.inference.segmenter.onnx_encoder import OnnxEncoder
from scarmass.inference.segmenter.prompt_tensors import prompt_tensors
from scarmass.inference.segmenter.window import Normalisation, encoder_input, stack_window
from scarmass.inference.weights.load import Weights


class BareModels:
    """The modules of one weights file and one prompted slice, everything prepared that is not to be timed."""

    def __init__(self, weights: Weights, device: str, image: SliceImage, prompt: Prompt, export_folder: Path) -> None:
        """export_folder: where ONNX exports are kept; on a CPU the server runs the same files."""
        entry = weights.entry
        self.device = chosen_device(device)
        self._worker = ThreadPoolExecutor(1)
        self.network = build_segmenter(weights).to(self.device)
        rows, columns = image.pixels.shape
        window = stack_window((rows, columns), image.pixel_spacing_mm, None)
        self._pixels = encoder_input(image.pixels, window, entry.input_size, Normalisation(entry.normalisation))
        groups = [PromptGroup(box, prompt.points) for box in prompt.boxes]
        self._given = prompt_tensors(groups, [None] * len(groups), window, entry.input_size, self.device)
        structure = self.network.structure_index(prompt.structure)
        self._structures = torch.full((len(groups),), structure, device=self.device)
        self._embedding = self._encoded_in_torch()
        self._encoder: OnnxEncoder | None = None
        self._decoder: OnnxDecoder | None = None
        if self.device.type == "cpu" and entry.architecture == "tiny_vit":
            self._encoder = OnnxEncoder(self.network.image_encoder, weights, export_folder)
            if self.network.refiner is not None:
                self._decoder = OnnxDecoder(self.network, weights.sha256, export_folder)

    def in_worker(self, work: Callable[[], object]) -> None:
        """Run in the worker thread, and wait until the device is done too."""
        self._worker.submit(work).result()
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def encode_in_torch(self) -> None:
        self.in_worker(self._encoded_in_torch)

    @property
    def encode_exported(self) -> Callable[[], None] | None:
        """None where the server does not run an export of this encoder on this device."""
        encoder = self._encoder
        return None if encoder is None else lambda: self.in_worker(lambda: encoder(self._pixels))

    def decode_in_torch(self) -> None:
        """One prompt on the embedding: prompt encoder and mask decoder, logits of 256 x 256."""
        self.in_worker(self._decoded)

    @property
    def decode_exported(self) -> Callable[[], None] | None:
        """The same by the export, of the box alone as the server asks it; None where the server runs none."""
        return None if self._decoder is None else lambda: self.in_worker(self._decoded_by_export)

    def _decoded(self) -> None:
        with torch.inference_mode():
            self.network.decode(
                self._embedding,
                structures=self._structures,
                boxes=self._given.boxes,
                points=self._given.points,
                mask_prompts=self._given.mask_prompts,
            )

    def _decoded_by_export(self) -> None:
        assert self._decoder is not None
        with torch.inference_mode():
            self._decoder(self._embedding, self._structures, **self._given.for_decoder())

    def _encoded_in_torch(self) -> Tensor:
        with torch.inference_mode():
            return self.network.encode(torch.from_numpy(self._pixels)[None].to(self.device))


class Predictor:
    """segment_anything.SamPredictor on the modules and weights of a BareModels, as its documentation uses it."""

    def __init__(self, models: BareModels, image: SliceImage, prompt: Prompt, input_size: int) -> None:
        self._models = models
        network = models.network
        network.image_encoder.img_size = input_size  # pyright: ignore[reportArgumentType]
        sam = Sam(
            image_encoder=network.image_encoder,  # pyright: ignore[reportArgumentType]
            prompt_encoder=network.prompt_encoder,
            mask_decoder=network.mask_decoder,
        )
        self._predictor = SamPredictor(sam.to(models.device))
        low, high = np.percentile(image.pixels, (0.5, 99.5))
        grey = (np.clip((image.pixels - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)
        self._rgb = np.repeat(grey[..., None], 3, axis=2)
        box = prompt.boxes[0]
        self._box = np.array([box.x0, box.y0, box.x1, box.y1])
        self._points = np.array([[point.x, point.y] for point in prompt.points])
        self._positive = np.array([int(point.positive) for point in prompt.points])

    def set_image(self) -> None:
        self._models.in_worker(lambda: self._predictor.set_image(self._rgb))

    def predict(self) -> None:
        """One prompt on the image set before; the mask comes back as an array on the native grid."""
        self._models.in_worker(self._predicted)

    def encode_and_predict(self) -> None:
        """What a program does that keeps nothing between two prompts."""
        self.set_image()
        self.predict()

    def _predicted(self) -> None:
        self._predictor.predict(self._points, self._positive, box=self._box, multimask_output=False)
