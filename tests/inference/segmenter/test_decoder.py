"""Prompts of several slices, answered in one run."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch

from scarmass.domain.prompts import Box, Point, PromptGroup
from scarmass.inference.segmenter.decoder import Decoder
from scarmass.inference.segmenter.network import PromptableSegmenter, build_segmenter
from scarmass.inference.segmenter.window import Window
from scarmass.inference.together import Together
from scarmass.inference.weights.catalog import Entry
from scarmass.inference.weights.load import load
from scarmass.paths import WEIGHTS
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

WINDOW = Window(80, 80, 160, 160, 160, (1.0, 1.0))
BOX, OTHER_BOX, CLICK = Box(90, 52, 116, 108), Box(40, 40, 120, 130), Point(100, 70, True)
PAINTED = np.pad(np.ones((20, 20), bool), ((60, 80), (90, 50)))
ASKED = [
    (PromptGroup(BOX, ()), None),
    (PromptGroup(OTHER_BOX, ()), None),
    (PromptGroup(BOX, (CLICK,)), PAINTED),
    (PromptGroup(OTHER_BOX, (CLICK,)), PAINTED),
    (PromptGroup(None, (CLICK,)), None),
    (PromptGroup(None, (CLICK,)), PAINTED),
]


@pytest.fixture(scope="module")
def network_and_entry() -> tuple[PromptableSegmenter, Entry]:
    weights = load("scarmass-litemedsam", WEIGHTS)
    return build_segmenter(weights), weights.entry


def test_what_is_asked_of_several_slices_together_is_answered_as_it_is_alone(
    network_and_entry: tuple[PromptableSegmenter, Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, entry = network_and_entry
    noise = torch.Generator().manual_seed(0)
    slices = [(torch.randn(1, 256, 64, 64, generator=noise), torch.rand(256, 256, generator=noise)) for _ in ASKED]

    def answer(decoder: Decoder, number: int) -> torch.Tensor:
        (embedding, grey), (group, previous) = slices[number], ASKED[number]
        structure = number % len(network.structures)
        return decoder.logits(number, embedding, grey.numpy(), WINDOW, structure, [group], [previous])

    alone = Decoder(network, entry, torch.device("cpu"))
    expected = [answer(alone, number) for number in range(len(ASKED))]
    decodes, refines = counted(monkeypatch, network, "decode_tokens"), counted(monkeypatch, network, "refine")
    together = Decoder(network, entry, torch.device("cpu"), callers_at_once=8)
    with ThreadPoolExecutor(len(ASKED)) as threads:
        with together._refine_together._running:  # as if runs of others were under way
            with together._decode_together._running:
                asked = [threads.submit(answer, together, number) for number in range(len(ASKED))]
                wait_until(lambda: waiting(together._decode_together) == len(ASKED))
            wait_until(lambda: waiting(together._refine_together) == len(ASKED))
        answers = [one.result() for one in asked]
    assert decodes == [len(ASKED)]
    assert sorted(refines) == [1, 1, 2, 2]
    for told, known in zip(answers, expected, strict=True):
        assert torch.allclose(told, known, atol=1e-3)
    assert not torch.allclose(expected[0], expected[1], atol=1)


def counted(monkeypatch: pytest.MonkeyPatch, network: PromptableSegmenter, method: str) -> list[int]:
    """Grows by how many prompts each run of the method is of."""
    sizes: list[int] = []
    run = getattr(network, method)

    def counting(first: torch.Tensor, *rest: Any, **named: Any) -> Any:
        sizes.append(len(first))
        return run(first, *rest, **named)

    monkeypatch.setattr(network, method, counting)
    return sizes


def waiting(together: Together) -> int:
    return sum(map(len, together._waiting.values()))
