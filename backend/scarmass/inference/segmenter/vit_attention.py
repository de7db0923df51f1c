"""Attention of segment-anything's ViT without its matrix of all tokens by all tokens: 800 MB at 1024 pixels."""

import torch
from segment_anything.modeling.image_encoder import Attention
from torch import Tensor, nn
from torch.nn import functional as F


def use_fused_attention(encoder: nn.Module) -> None:
    """Let every attention of a ViT be computed by torch's fused kernels. Its weights and answers stay."""
    for module in encoder.modules():
        if isinstance(module, Attention):
            module.__class__ = FusedAttention


class FusedAttention(Attention):
    """The same answers from the same weights.

    The bias of a pair of tokens is the query's product with the embedding of their distance in rows, plus the same in
    columns (Li et al. 2021, arXiv:2112.01526, decomposed relative positions). Such a sum is a product too: queries are
    lengthened by their products with all rows' and all columns' embeddings, keys by which row and column they are of.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (n, rows, columns, channels), as they come out."""
        n, rows, columns, _ = x.shape
        queries, keys, values = self.qkv(x).unflatten(-1, (3, self.num_heads, -1)).permute(3, 0, 4, 1, 2, 5)
        channels = values.shape[-1]
        scale = self.scale
        if self.use_rel_pos:
            of_rows = torch.einsum("bhrcd,rkd->bhrck", queries, _by_distance(rows, self.rel_pos_h))
            of_columns = torch.einsum("bhrcd,ckd->bhrck", queries, _by_distance(columns, self.rel_pos_w))
            every = n, self.num_heads, rows, columns
            is_row = torch.eye(rows, dtype=x.dtype, device=x.device)[:, None].expand(*every, rows)
            is_column = torch.eye(columns, dtype=x.dtype, device=x.device).expand(*every, columns)
            queries = torch.cat([queries * self.scale, of_rows, of_columns], dim=-1)
            keys = torch.cat([keys, is_row, is_column], dim=-1)
            scale, values = 1.0, F.pad(values, (0, rows + columns))  # the fastest kernels want all of one length
        attended = F.scaled_dot_product_attention(
            queries.flatten(2, 3), keys.flatten(2, 3), values.flatten(2, 3), scale=scale
        )[..., :channels]
        return self.proj(attended.unflatten(2, (rows, columns)).permute(0, 2, 3, 1, 4).flatten(3))


def _by_distance(side: int, embeddings: Tensor) -> Tensor:
    """Embeddings (2 * side - 1, channels) of distances from 1 - side on -> of each pair (side, side, channels)."""
    at = torch.arange(side, device=embeddings.device)  # from elsewhere it would have the device wait
    return embeddings[at[:, None] - at + side - 1]
