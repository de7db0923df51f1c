"""The segmenter's training objective: the loss of decoder and refiner on a batch of prompts, some of them corrected."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scarmass.datasets.stack_arrays import STRUCTURES
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.segmenter.refiner import ALSO_OUTLINED, drawn_maps
from scarmass.inference.segmenter.window import LOGITS_SIDE, MASK_PROMPT_LOGIT
from scarmass.training.segmenter.batches import Batch
from scarmass.training.segmenter.encoder import in_two_halves
from scarmass.training.segmenter.loss import LossWeights, mask_loss
from scarmass.training.segmenter.masks import deepest_pixel, filled, largest_part
from scarmass.training.segmenter.prompts import MOST_EXTRA_POINTS, Prompts


class SegmenterObjective(nn.Module):
    """The network with its loss as forward, which is what Fabric wraps."""

    def __init__(self, network: PromptableSegmenter, loss: LossWeights, *, trains_encoder: bool) -> None:
        """Raises ValueError where the encoder is to be trained and is not TinyViT."""
        super().__init__()
        self.network, self.loss = network, loss
        self.early, self.late = in_two_halves(network.image_encoder, trains_encoder)
        network.image_encoder.to(memory_format=torch.channels_last)
        places = [network.structure_index(structure) for structure in STRUCTURES]
        self.structure_index: Tensor
        self.register_buffer("structure_index", torch.tensor(places), persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        """Mean loss of the prompts: of the decoder's answers, on views that are decoded, and of the refined ones."""
        views = batch.views
        logits, own_loss = self._decoded(batch)
        grey = views.grey[batch.prompts.view]
        prompts, previous = self.corrected(batch, grey, logits)
        given = self._given(prompts, previous, slice(None))
        assert self.network.refiner is not None
        maps = drawn_maps(grey, logits, given["boxes"], given["points"], given["mask_prompts"])
        refined, outlines = self.network.refiner.with_outlines(maps, given["structures"])
        loss = mask_loss(at(refined, batch.sensitivity), prompts.target.float(), self.loss)
        if self.loss.outlines:
            references = views.masks[:, [STRUCTURES.index(structure) for structure in ALSO_OUTLINED]][prompts.view]
            loss = loss + self.loss.outlines * mask_loss(outlines, references.float(), self.loss).mean(1)
        return (loss.sum() + self.loss.decoder * own_loss) / len(loss)

    def _decoded(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The decoder's logits (n, 256, 256), 0 for prompts that it does not answer, and its summed loss."""
        views, prompts, decoded = batch.views, batch.prompts, batch.decoded
        logits = torch.zeros_like(prompts.target, dtype=torch.float32)
        asked = torch.nonzero(prompts.view < decoded).flatten()
        if not len(asked):
            return logits, logits.new_zeros(())
        with torch.no_grad():
            features = self.early(views.pixels[:decoded].contiguous(memory_format=torch.channels_last))
        embeddings = self.late(features)[prompts.view[asked]]
        given = self._given(prompts, logits, asked, self.network.input_size)
        answers, predicted_iou = self.network.decode_each(
            embeddings, given["structures"], given["boxes"], given["points"]
        )
        judged = at(answers.float(), batch.sensitivity[asked])
        loss = decoder_loss(judged, predicted_iou.float(), prompts.target[asked].float(), self.loss)
        return logits.index_copy(0, asked, answers.detach().float()), loss.sum()

    @torch.no_grad()
    def corrected(self, batch: Batch, grey: Tensor, logits: Tensor) -> tuple[Prompts, Tensor]:
        """The prompts with their clicks, and the masks (n, 256, 256) that the last ones were on, 0 where none is given.

        Each click lies in the middle of the answer's largest error. Only the answer after the last click is learned
        from: Sofiiuk et al. 2022 (RITM, arXiv:2102.06583).
        """
        prompts = batch.prompts
        points, labels, previous = prompts.points.clone(), prompts.labels.clone(), torch.zeros_like(logits)
        has_box = (prompts.boxes[:, 2] > prompts.boxes[:, 0])[:, None, None]
        counts = filled(prompts.boxes, LOGITS_SIDE) | ~has_box
        for click in range(batch.gives_previous.shape[1]):
            asked = torch.nonzero(batch.clicks > click).flatten()
            if not len(asked):
                break
            so_far = prompts._replace(points=points, labels=labels)
            given = self._given(so_far, previous, asked, self.network.input_size)
            refined = self.network.refine(logits[asked], grey[asked], **given)
            answer = (at(refined, batch.sensitivity[asked]) > 0) & counts[asked]
            wrong = (answer ^ prompts.target[asked]) & counts[asked]
            place = deepest_pixel(largest_part(wrong))
            positive = prompts.target[asked, place[:, 1], place[:, 0]]
            found = wrong.flatten(1).any(1)
            points[asked, MOST_EXTRA_POINTS + click] = place + 0.5
            labels[asked, MOST_EXTRA_POINTS + click] = torch.where(found, positive.long(), -1)
            keeps = batch.gives_previous[asked, click] & answer.flatten(1).any(1)
            made_on = (2.0 * answer - 1) * MASK_PROMPT_LOGIT * keeps[:, None, None]
            previous[asked] = torch.where(found[:, None, None], made_on, previous[asked])
        torch.clear_autocast_cache()  # weights rounded here carry no gradients
        return prompts._replace(points=points, labels=labels), previous

    def _given(
        self, prompts: Prompts, previous: Tensor, which: Tensor | slice, side: int = LOGITS_SIDE
    ) -> dict[str, Any]:
        """Some of the prompts as the network takes them, in a window of side x side pixels."""
        scale = side / LOGITS_SIDE
        return {
            "structures": self.structure_index[prompts.structure[which]],
            "boxes": scale * prompts.boxes[which],
            "points": (scale * prompts.points[which], prompts.labels[which]),
            "mask_prompts": previous[which],
        }


def at(logits: Tensor, sensitivity: Tensor) -> Tensor:
    """Logits (n, rows, columns), each moved by its sensitivity (n,): those above 0 count."""
    return logits + sensitivity[:, None, None]


def decoder_loss(logits: Tensor, predicted_iou: Tensor, target: Tensor, weights: LossWeights) -> Tensor:
    """Loss (...) of the decoder's masks (..., 256, 256), and the squared error of the overlap it predicts for each."""
    answer, reference = logits.detach() > 0, target > 0
    union = (answer | reference).sum((-2, -1))
    iou = torch.where(union > 0, (answer & reference).sum((-2, -1)) / union.clamp(min=1), 1.0)
    return mask_loss(logits, target, weights) + F.mse_loss(predicted_iou, iou, reduction="none")
