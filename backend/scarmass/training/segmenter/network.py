"""The segmenter's network before and after training: what is trained, how it is stored, what its file says."""

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor, nn

from scarmass.domain.structures import Structure
from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.refiner import Refiner
from scarmass.inference.segmenter.tiny_vit import EMBEDDING_CHANNELS
from scarmass.inference.weights.catalog import Entry, UnseenReadings, unseen_of_both
from scarmass.inference.weights.load import Weights
from scarmass.training.segmenter.config import TrainingConfig


def network_to_train(base: Weights) -> PromptableSegmenter:
    """The base network, rounded as it will be stored; structure tokens and refiner are added where it lacks them.

    Added parts leave its answers as they are. It is rounded first, so that what is not trained is what the file that is
    served will hold.
    """
    network = build_segmenter(replace(base, state=as_stored(base.state)))
    if network.structure_tokens is None:
        network.structures = tuple(Structure)
        network.structure_tokens = nn.Embedding(len(network.structures), EMBEDDING_CHANNELS)
        nn.init.zeros_(network.structure_tokens.weight)
    if network.refiner is None:
        network.refiner = Refiner(len(network.structures))
    return network


def as_stored(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """float16 for matrices and kernels; vectors and positional frequencies, small and delicate, stay float32."""
    return {
        name: tensor.half() if tensor.ndim > 1 and "positional_encoding" not in name else tensor
        for name, tensor in state.items()
    }


def fine_tuned_entry(
    base: Entry,
    config: TrainingConfig,
    base_sha256: str,
    structures: Sequence[str],
    unseen_readings: UnseenReadings | None = None,
) -> Entry:
    """What the fine-tuned file says of itself. unseen_readings: of those that it learns from."""
    return replace(
        base,
        name=config.name,
        licence=config.licence,
        follows_points=True,
        file=f"{config.name}.safetensors",
        source=None,
        base_sha256=base_sha256,
        structures=tuple(structures),
        unseen_readings=unseen_of_both(base.unseen_readings, unseen_readings),
    )
