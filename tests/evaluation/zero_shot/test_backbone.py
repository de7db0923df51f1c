import numpy as np
import pytest
import torch

from scarmass.datasets.annotated import reference_regions
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box, Point, PromptGroup
from scarmass.evaluation.zero_shot.backbone import PublishedBackbone
from scarmass.inference.segmenter.network import PromptableSegmenter
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.load import Weights
from tests.evaluation.zero_shot.hearts import heart

pytestmark = pytest.mark.slow

BOX = PromptGroup(Box(65, 35, 82, 65), ())
POINT = Point(75.5, 50.5, True)


@pytest.fixture(scope="module")
def backbone() -> PublishedBackbone:
    """LiteMedSAM's network, untrained, which tells prompts apart all the same."""
    torch.manual_seed(0)
    entry = Entry("untrained", "segmenter", "tiny_vit", 256, "none", "untrained.safetensors")
    return PublishedBackbone(Weights(entry, "0" * 64, PromptableSegmenter("tiny_vit", 256).state_dict()))


def asked(backbone: PublishedBackbone, monkeypatch: pytest.MonkeyPatch, *groups: PromptGroup) -> list[dict]:
    """What the network is given for these groups, call by call."""
    given: list[dict] = []
    decode = backbone._network.decode

    def spy(embedding: torch.Tensor, structures: torch.Tensor, **prompts: object) -> tuple[torch.Tensor, torch.Tensor]:
        given.append(prompts)
        return decode(embedding, structures, **prompts)  # type: ignore[arg-type]

    monkeypatch.setattr(backbone._network, "decode", spy)
    annotated = heart()
    backbone.answer(backbone.embed(annotated.image, reference_regions([annotated])["one"]), groups)
    return given


def test_points_beside_a_box_reach_the_network_itself(
    backbone: PublishedBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights trained on boxes alone included: how they take points is what is measured."""
    (given,) = asked(backbone, monkeypatch, PromptGroup(BOX.box, (POINT,)))
    assert given["boxes"] is not None
    assert given["points"] is not None
    assert given["points"][1].tolist() == [[1.0]]


def test_groups_alike_are_asked_at_once_and_others_apart(
    backbone: PublishedBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = asked(backbone, monkeypatch, BOX, BOX, PromptGroup(None, (POINT,)))
    assert [None if g["boxes"] is None else len(g["boxes"]) for g in given] == [2, None]


def test_a_point_alone_has_one_mask_from_weights_that_do_not_follow_points(
    backbone: PublishedBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    (given,) = asked(backbone, monkeypatch, PromptGroup(None, (POINT,)))
    assert given["best_of_three"] is False


def test_the_answer_is_the_union_on_the_slice_s_own_grid(backbone: PublishedBackbone) -> None:
    annotated = heart()
    embedded = backbone.embed(annotated.image, reference_regions([annotated])["one"])
    point = PromptGroup(None, (POINT,))
    apart = [backbone.answer(embedded, [group]) for group in (BOX, point)]
    together = backbone.answer(embedded, [BOX, point])
    assert together.shape == annotated.pixels.shape
    assert np.array_equal(together, apart[0] | apart[1])
    assert not backbone.answer(embedded, []).any()


def test_a_prompt_outside_the_window_is_encoded_in_a_larger_one(backbone: PublishedBackbone) -> None:
    annotated = heart()
    embedded = backbone.embed(annotated.image, HeartRegion(50, 50, diameter_mm=60))
    before = embedded.encoding
    backbone.answer(embedded, [BOX])
    assert len(embedded.embeddings) == 1
    backbone.answer(embedded, [PromptGroup(Box(0, 0, 5, 5), ())])
    assert len(embedded.embeddings) == 2
    assert embedded.encoding == before
