"""Segment Anything 2 as a pair of ONNX files, image encoder and mask decoder, through ONNX Runtime on the CPU.

The inputs and outputs are those that exports of SAM 2 and 2.1 share (Ravi et al. 2024, arXiv:2408.00714): image ->
high_res_feats_0, high_res_feats_1, image_embed; with point_coords, point_labels, mask_input, has_mask_input ->
masks, iou_predictions.
"""

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from scarmass.domain.errors import WeightsInvalid
from scarmass.inference.segmenter.window import LOGITS_SIDE
from scarmass.inference.weights.load import Weights

ARCHITECTURE = "sam2_onnx"

FEATURES = ("high_res_feats_0", "high_res_feats_1", "image_embed")
PROMPTS = ("point_coords", "point_labels", "mask_input", "has_mask_input")

POSITIVE, NEGATIVE, TOP_LEFT, BOTTOM_RIGHT = 1.0, 0.0, 2.0, 3.0
"""Labels of points: a box is its two corners."""

Features = dict[str, np.ndarray]


class OnnxPair:
    """Image encoder and mask decoder, asked as a PromptableSegmenter is. Coordinates are corner-based window pixels."""

    def __init__(self, weights: Weights) -> None:
        """Raises WeightsInvalid where the files are not such a pair."""
        try:
            self._encoder, self._decoder = (_session(weights.state[name]) for name in ("encoder", "decoder"))
        except Exception as error:  # ONNX Runtime's own exceptions have no common base
            raise WeightsInvalid(f"{weights.entry.name} is no pair of ONNX files: {error}") from error
        self.input_size = weights.entry.input_size
        asked = {i.name: i.shape for i in self._encoder.get_inputs()}
        if asked != {"image": [1, 3, self.input_size, self.input_size]}:
            raise WeightsInvalid(f"the encoder of {weights.entry.name} takes {asked}")
        if {i.name for i in self._decoder.get_inputs()} != {*FEATURES, *PROMPTS}:
            raise WeightsInvalid(f"the decoder of {weights.entry.name} takes other inputs than those of SAM 2")

    def encode(self, windows: Tensor) -> Features:
        """Normalised window (1, 3, input_size, input_size) -> the features that the decoder takes, by name."""
        made = self._encoder.run(FEATURES, {"image": windows.numpy()})
        return {name: np.asarray(value) for name, value in zip(FEATURES, made, strict=True)}

    def decode(
        self,
        embedding: Features,
        structures: Tensor,
        boxes: Tensor | None = None,
        points: tuple[Tensor, Tensor] | None = None,
        mask_prompts: Tensor | None = None,
        best_of_three: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """The answers to n prompts: logits (n, 256, 256), predicted IoU (n,), as PromptableSegmenter.decode gives them.

        structures is unused. The files hold SAM's three masks for an ambiguous prompt and not its single mask, so the
        best by predicted IoU answers every prompt.
        """
        count = len(structures)
        positions, labels = _labelled_points(boxes, points)
        no_masks = torch.zeros(count, LOGITS_SIDE, LOGITS_SIDE)
        prompts = {
            # SAM counts from pixel centres and adds half a pixel itself.
            "point_coords": (positions - 0.5).numpy(),
            "point_labels": labels.numpy(),
            "mask_input": (no_masks if mask_prompts is None else mask_prompts)[:, None].numpy(),
            "has_mask_input": np.array([mask_prompts is not None], dtype=np.float32),
        }
        # The decoder was exported for one prompt at a time.
        answers = [self._decode_one(embedding, prompts, index) for index in range(count)]
        logits, predicted_iou = (torch.from_numpy(np.concatenate(part)) for part in zip(*answers, strict=True))
        best, each = predicted_iou.argmax(dim=1), torch.arange(count)
        return logits[each, best], predicted_iou[each, best]

    def _decode_one(self, embedding: Features, prompts: Features, index: int) -> tuple[np.ndarray, np.ndarray]:
        one = {name: values[index : index + 1] for name, values in prompts.items() if name != "has_mask_input"}
        given = {**embedding, **one, "has_mask_input": prompts["has_mask_input"]}
        logits, predicted_iou = self._decoder.run(["masks", "iou_predictions"], given)
        return np.asarray(logits), np.asarray(predicted_iou)


def _labelled_points(boxes: Tensor | None, points: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
    """Positions (n, k, 2) and labels (n, k) of the boxes' corners, then of the points."""
    positions, labels = [], []
    if boxes is not None:
        positions.append(boxes.reshape(-1, 2, 2))
        labels.append(torch.tensor([TOP_LEFT, BOTTOM_RIGHT]).expand(len(boxes), 2))
    if points is not None:
        positions.append(points[0])
        labels.append(torch.where(points[1] > 0, POSITIVE, NEGATIVE))
    return torch.cat(positions, dim=1), torch.cat(labels, dim=1)


def _session(file: Tensor) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # As many threads as torch takes, so that times of both can be compared.
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(file.numpy().tobytes(), options, providers=["CPUExecutionProvider"])
