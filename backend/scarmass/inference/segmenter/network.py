"""Segment Anything with a choice of image encoders and one learned token for each structure.

Sizes follow Kirillov et al. 2023 (arXiv:2304.02643): embedding 256 x 64 x 64, logits 256 x 256.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, TwoWayTransformer
from torch import Tensor, nn

from scarmass.domain.errors import StructureNotKnown, WeightsInvalid
from scarmass.domain.structures import Structure
from scarmass.inference.segmenter import tiny_vit
from scarmass.inference.segmenter.refiner import ALSO_OUTLINED, Refiner, drawn_maps, outside_blood
from scarmass.inference.segmenter.tiny_vit import EMBEDDING_CHANNELS, EMBEDDING_SIDE, TinyVitEncoder
from scarmass.inference.segmenter.vit_attention import use_fused_attention
from scarmass.inference.segmenter.window import LOGITS_SIDE
from scarmass.inference.weights.catalog import DEFAULT_STRUCTURES
from scarmass.inference.weights.load import Weights

IN_THE_WALL = (Structure.SCAR, Structure.NO_REFLOW)

VIT_SIZES = {
    "sam_vit_b": {"embed_dim": 768, "depth": 12, "num_heads": 12, "global_attn_indexes": (2, 5, 8, 11)},
    "sam_vit_l": {"embed_dim": 1024, "depth": 24, "num_heads": 16, "global_attn_indexes": (5, 11, 17, 23)},
    "sam_vit_h": {"embed_dim": 1280, "depth": 32, "num_heads": 16, "global_attn_indexes": (7, 15, 23, 31)},
}
ARCHITECTURES = ("tiny_vit", *VIT_SIZES)


class PromptableSegmenter(nn.Module):
    """Image encoder, prompt encoder, mask decoder, and perhaps a refiner of its answers.

    Coordinates are corner-based pixels of the window of input_size.
    """

    def __init__(
        self, architecture: str, input_size: int, structures: Sequence[str] = (), with_refiner: bool = False
    ) -> None:
        """structures: in the order of their tokens; without any, every prompt is for whatever it shows."""
        super().__init__()
        self.input_size = input_size
        self.structures = tuple(structures)
        self.image_encoder = _image_encoder(architecture, input_size)
        self.prompt_encoder = PromptEncoder(
            embed_dim=EMBEDDING_CHANNELS,
            image_embedding_size=(EMBEDDING_SIDE, EMBEDDING_SIDE),
            input_image_size=(input_size, input_size),
            mask_in_chans=16,
        )
        self.mask_decoder = MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(depth=2, embedding_dim=EMBEDDING_CHANNELS, mlp_dim=2048, num_heads=8),
            transformer_dim=EMBEDDING_CHANNELS,
        )
        self.structure_tokens = nn.Embedding(len(structures), EMBEDDING_CHANNELS) if structures else None
        self.refiner = Refiner(len(structures)) if with_refiner else None

    def structure_index(self, structure: str) -> int:
        """Where decode and refine find the structure; 0 without structure tokens. Raises StructureNotKnown."""
        if not self.structures:
            return 0
        if structure not in self.structures:
            raise StructureNotKnown(f"the segmenter knows {', '.join(self.structures)}, not {structure}")
        return self.structures.index(structure)

    def encode(self, windows: Tensor) -> Tensor:
        """Normalised windows (n, 3, input_size, input_size) -> embeddings (n, 256, 64, 64)."""
        return self.image_encoder(windows)

    def decode(
        self,
        embedding: Tensor,
        structures: Tensor,
        boxes: Tensor | None = None,
        points: tuple[Tensor, Tensor] | None = None,
        mask_prompts: Tensor | None = None,
        best_of_three: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """The decoder's answers to n prompts on one embedding (1, 256, 64, 64).

        Logits (n, 256, 256) and predicted IoU (n,).

        structures: structure_index of each prompt (n,), unused by weights without structure tokens.
        boxes: x0, y0, x1, y1 (n, 4). points: x, y (n, k, 2) and whether positive (n, k).
        mask_prompts: logits (n, 256, 256) of the previous answer.
        best_of_three: take the best of SAM's three masks for an ambiguous prompt rather than its single mask.
        """
        sparse, dense = self.prompt_tokens(boxes, points, mask_prompts)
        embeddings = embedding.expand(len(sparse), -1, -1, -1)
        logits, predicted_iou = self.decode_tokens(embeddings, structures, sparse, dense)
        candidates = slice(1, None) if best_of_three else slice(0, 1)
        logits, predicted_iou = logits[:, candidates], predicted_iou[:, candidates]
        best = predicted_iou.argmax(dim=1)
        each = torch.arange(len(best), device=best.device)
        return logits[each, best], predicted_iou[each, best]

    def prompt_tokens(
        self,
        boxes: Tensor | None = None,
        points: tuple[Tensor, Tensor] | None = None,
        mask_prompts: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """n prompts, each as in decode, as SAM's decoder takes them: tokens (n, k, 256) and maps (n, 256, 64, 64)."""
        return self.prompt_encoder(
            # SAM counts from pixel centres and adds half a pixel itself.
            points=None if points is None else (points[0] - 0.5, points[1].to(points[0].dtype)),
            boxes=None if boxes is None else boxes - 0.5,
            masks=None if mask_prompts is None else mask_prompts[:, None],
        )

    def decode_each(
        self, embeddings: Tensor, structures: Tensor, boxes: Tensor, points: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """The decoder's answers to n prompts, each on an embedding of its own (n, 256, 64, 64).

        Logits (n, 256, 256) and predicted IoU (n,).

        A prompt is its box (n, 4), or its first point (n, k, 2), (n, k) where the box is without area.
        """
        with torch.autocast(embeddings.device.type, enabled=False):  # positions need more digits than bfloat16 has
            of_box, dense = self.prompt_encoder(points=None, boxes=boxes - 0.5, masks=None)
            first = points[0][:, :1] - 0.5, points[1][:, :1]
            of_point, _ = self.prompt_encoder(points=first, boxes=None, masks=None)
        has_box = (boxes[:, 2] > boxes[:, 0])[:, None, None]
        logits, predicted_iou = self.decode_tokens(
            embeddings, structures, torch.where(has_box, of_box, of_point), dense
        )
        return logits[:, 0], predicted_iou[:, 0]

    def decode_tokens(
        self, embeddings: Tensor, structures: Tensor, sparse: Tensor, dense: Tensor
    ) -> tuple[Tensor, Tensor]:
        """SAM's mask decoder on n embeddings (n, 256, 64, 64) with tokens (n, k, 256): its single answer and its three
        to an ambiguous prompt, logits (n, 4, 256, 256) and predicted IoU (n, 4).

        Its own forward takes one embedding for all prompts.
        """
        decoder = self.mask_decoder
        if self.structure_tokens is not None:
            sparse = torch.cat([sparse, self.structure_tokens(structures)[:, None]], dim=1)
        own = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight]).expand(len(sparse), -1, -1)
        with torch.autocast(embeddings.device.type, enabled=False):
            positions = self.prompt_encoder.get_dense_pe().expand(len(sparse), -1, -1, -1)
        tokens, features = decoder.transformer(embeddings + dense, positions, torch.cat([own, sparse], dim=1))
        grid = features.transpose(1, 2).unflatten(2, (EMBEDDING_SIDE, EMBEDDING_SIDE))
        upscaled = decoder.output_upscaling(grid)
        of_masks = tokens[:, 1 : 1 + decoder.num_mask_tokens].unbind(1)
        kernels = [mlp(token) for mlp, token in zip(decoder.output_hypernetworks_mlps, of_masks, strict=True)]
        logits = torch.einsum("nmc,nchw->nmhw", torch.stack(kernels, dim=1), upscaled)
        return logits, decoder.iou_prediction_head(tokens[:, 0])

    def refine(
        self,
        logits: Tensor,
        grey: Tensor,
        structures: Tensor,
        boxes: Tensor | None = None,
        points: tuple[Tensor, Tensor] | None = None,
        mask_prompts: Tensor | None = None,
        with_outlines: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    ) -> Tensor:
        """The decoder's answers (n, 256, 256) anew, at full resolution and with every point: logits (n, 256, 256).

        Scar and no-reflow lie in the wall: they are not answered where the refiner is certain of blood.
        The decoder was asked with a box alone, or a point alone. grey: the window (256, 256) from 0 to 1; the rest as
        in decode. with_outlines: asked in place of the refiner's own.
        """
        answers, outlines = self._refined(logits, grey, structures, boxes, points, mask_prompts, with_outlines)
        known_in_wall = [self.structures.index(name) for name in IN_THE_WALL if name in self.structures]
        in_the_wall = torch.isin(structures, structures.new_tensor(known_in_wall))
        return torch.where(in_the_wall[:, None, None], outside_blood(answers, outlines), answers)

    def outline(
        self,
        logits: Tensor,
        grey: Tensor,
        boxes: Tensor,
        with_outlines: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    ) -> Tensor:
        """Logits (n, 2, 256, 256) of ALSO_OUTLINED where the decoder was asked for the left ventricle in boxes (n, 4).

        The ventricle is outlined twice, as the answer and beside it: the mean of both is better than either.
        """
        ventricle = self.structure_index(Structure.LEFT_VENTRICLE)
        structures = torch.full((len(logits),), ventricle, device=logits.device)
        answers, outlines = self._refined(logits, grey, structures, boxes, with_outlines=with_outlines)
        place = ALSO_OUTLINED.index(Structure.LEFT_VENTRICLE)
        return torch.stack(
            [(own + answers) / 2 if at == place else own for at, own in enumerate(outlines.unbind(1))], dim=1
        )

    def _refined(
        self,
        logits: Tensor,
        grey: Tensor,
        structures: Tensor,
        boxes: Tensor | None = None,
        points: tuple[Tensor, Tensor] | None = None,
        mask_prompts: Tensor | None = None,
        with_outlines: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """What the refiner answers, and what it outlines beside that."""
        assert self.refiner is not None
        scale = LOGITS_SIDE / self.input_size
        boxes = None if boxes is None else boxes * scale
        points = None if points is None else (points[0] * scale, points[1])
        maps = drawn_maps(grey, logits, boxes, points, mask_prompts)
        return (with_outlines or self.refiner.with_outlines)(maps, structures)


def build_segmenter(weights: Weights) -> PromptableSegmenter:
    """The network, in evaluation mode and float32, with the tensors of a checkpoint or of a file of our own.

    Structure tokens and a refiner exist where the state has them. Raises WeightsInvalid where the state is of another
    network.
    """
    entry, state = weights.entry, weights.state
    structures = (entry.structures or DEFAULT_STRUCTURES) if "structure_tokens.weight" in state else ()
    network = PromptableSegmenter(entry.architecture, entry.input_size, structures, "refiner.head.weight" in state)
    try:
        network.load_state_dict(_own_names(state, entry.architecture))
    except (RuntimeError, ValueError) as error:
        size = f"{entry.architecture} of {entry.input_size} pixels"
        raise WeightsInvalid(f"{entry.name} does not fit a {size} and {len(structures)} structures") from error
    return network.float().eval().requires_grad_(False)


def _image_encoder(architecture: str, input_size: int) -> nn.Module:
    if architecture == "tiny_vit":
        return TinyVitEncoder(input_size)
    if architecture not in VIT_SIZES:
        raise WeightsInvalid(f"no architecture is called {architecture}")
    encoder = ImageEncoderViT(
        img_size=input_size,
        patch_size=input_size // EMBEDDING_SIDE,
        out_chans=EMBEDDING_CHANNELS,
        norm_layer=partial(nn.LayerNorm, eps=1e-6),  # pyright: ignore[reportArgumentType]
        use_rel_pos=True,
        window_size=14,
        **VIT_SIZES[architecture],
    )
    use_fused_attention(encoder)
    return encoder


def _own_names(state: dict[str, Tensor], architecture: str) -> dict[str, Tensor]:
    """A state under this module's names; only TinyViT's encoder is named otherwise in published checkpoints."""
    prefix = "image_encoder."
    encoder = {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
    if architecture != "tiny_vit" or "patch_embed.seq.0.c.weight" not in encoder:
        return state
    rest = {name: tensor for name, tensor in state.items() if not name.startswith(prefix)}
    return rest | {prefix + name: tensor for name, tensor in tiny_vit.from_checkpoint_names(encoder).items()}
