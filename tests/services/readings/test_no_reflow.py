"""No-reflow that a reading is prepared with: on a phantom whose scar and wall a model knows, its cores are found."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from scarmass.api.schemas.common import Rle
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.masks import Mask, from_rle
from scarmass.domain.overlap import pooled_dice
from scarmass.domain.prompts import Box, Prompt
from scarmass.domain.protocols import Segmentation, SliceImage, VentricleOutline
from scarmass.domain.structures import Structure
from scarmass.phantom.stack import Phantom
from scarmass.services.context import Context
from scarmass.services.stacks import get_slice, slice_image
from tests.conftest import application, upload
from tests.fakes import EchoSegmenter, certain
from tests.services.readings.driving import prepared
from tests.services.readings.test_outline import edited

pytestmark = pytest.mark.slow


class KnowingSegmenter(EchoSegmenter):
    """Answers with a phantom's scar and outlines its wall, slice by slice as their pixels' keys say."""

    def __init__(self, phantom: Phantom) -> None:
        super().__init__()
        self.phantom = phantom
        self.places: dict[str, int] = {}

    def segment(self, image: SliceImage, region: HeartRegion | None, prompt: Prompt) -> Segmentation:
        if prompt.structure is not Structure.SCAR or prompt.points:
            return super().segment(image, region, prompt)
        scar = self.truth(Structure.SCAR)[self.places[image.key]]
        return Segmentation(scar, 1.0, certain(scar))

    def outline_ventricle(self, image: SliceImage, region: HeartRegion | None, box: Box | None) -> VentricleOutline:
        ventricle, blood = (
            self.truth(structure)[self.places[image.key]]
            for structure in (Structure.LEFT_VENTRICLE, Structure.BLOOD_POOL)
        )
        return VentricleOutline(certain(ventricle), certain(blood))

    def truth(self, structure: Structure) -> np.ndarray:
        return self.phantom.masks[structure]


@pytest.fixture
def phantom(demo_phantom: Phantom) -> Phantom:
    """With an anterior scar that encloses a core."""
    return demo_phantom


@pytest.fixture
def client(context: Context, phantom: Phantom) -> Iterator[TestClient]:
    context.segmenter = KnowingSegmenter(phantom)
    with TestClient(application(context)) as client:
        yield client


@pytest.fixture
def reading(client: TestClient, context: Context, phantom_files: list[Path]) -> dict:
    answer = upload(client, phantom_files)
    while answer["rejected"]:  # a busy machine leaves files of an upload for the next one
        answer = upload(client, phantom_files)
    stack = answer["studies"][0]["stacks"][0]["stack_id"]
    names = [one["sop_instance_uid"] for one in client.get(f"/api/v1/stacks/{stack}").json()["slices"]]
    keys = [slice_image(context.files, get_slice(context, name, 1)[1]).key for name in names]
    assert isinstance(context.segmenter, KnowingSegmenter)
    context.segmenter.places = {key: place for place, key in enumerate(keys)}
    return prepared(client, stack)


def cores_of(reading: dict) -> list[Mask]:
    shape = reading["slices"][0]["mask"]["size"]
    held = [one["segments"].get("no_reflow") for one in reading["slices"]]
    return [np.zeros(shape, bool) if segment is None else from_rle(segment["mask"]) for segment in held]


def core_at(reading: dict) -> int:
    """The slice with the largest core."""
    return int(np.argmax([core.sum() for core in cores_of(reading)]))


def test_the_true_cores_are_proposed_counted_in_scar_and_weighed_alone(reading: dict, phantom: Phantom) -> None:
    cores, true = cores_of(reading), list(phantom.masks[Structure.NO_REFLOW])
    assert pooled_dice(cores, true) > 0.85
    scars = [from_rle(one["mask"]) for one in reading["slices"]]
    assert not any((core & ~scar).any() for core, scar in zip(cores, scars, strict=True))
    assert {one["state"] for one in reading["slices"]} == {"proposed"}
    alone = reading["structures"]["no_reflow"]["by_slice_spacing"]["mass_g"]
    share = sum(core.sum() for core in cores) / sum(scar.sum() for scar in scars)
    assert alone == pytest.approx(share * reading["totals"]["by_slice_spacing"]["mass_g"])
    assert reading["no_reflow_percent_of_myocardium"] == pytest.approx(share * reading["scar_percent_of_myocardium"])


def test_it_is_exported_by_slice_and_in_all(client: TestClient, reading: dict) -> None:
    rows = client.get(f"/api/v1/readings/{reading['id']}/export?format=json").json()["rows"]
    *slices, total = [row["no_reflow_mass_g_by_slice_spacing"] for row in rows]
    assert total == pytest.approx(reading["structures"]["no_reflow"]["by_slice_spacing"]["mass_g"], abs=0.01)
    assert sum(mass or 0 for mass in slices) == pytest.approx(total, abs=0.05)


def test_a_core_that_a_reader_rejected_is_not_proposed_again(client: TestClient, reading: dict) -> None:
    at = core_at(reading)
    before = reading["slices"][at]
    nothing = Rle.of(np.zeros(before["mask"]["size"], bool)).model_dump()
    rejected = edited(client, reading, at=at, kind="paint", structure="no_reflow", mask=nothing)["slice"]
    assert rejected["segments"]["no_reflow"]["area_mm2"] == 0
    assert (rejected["mask"], rejected["state"]) == (before["mask"], "proposed")
    again = edited(client, reading, at=at, kind="propose")["slice"]
    assert again["segments"]["no_reflow"]["area_mm2"] == 0


def test_proposing_again_brings_the_core_that_was_cleared(client: TestClient, reading: dict) -> None:
    at = core_at(reading)
    edited(client, reading, at=at, kind="clear", structure="no_reflow")
    after = edited(client, reading, at=at, kind="propose")["slice"]
    assert after["segments"]["no_reflow"]["mask"] == reading["slices"][at]["segments"]["no_reflow"]["mask"]


def test_a_core_that_was_accepted_stays_when_a_click_corrects_the_scar(client: TestClient, reading: dict) -> None:
    at = core_at(reading)
    edited(client, reading, at=at, kind="accept")
    drawn = {"boxes": reading["slices"][at]["boxes"], "points": [{"x": 30.5, "y": 30.5, "positive": True}]}
    clicked = edited(client, reading, at=at, kind="prompt", **drawn)["slice"]
    assert from_rle(clicked["mask"])[30, 30]
    assert clicked["segments"]["no_reflow"]["mask"] == reading["slices"][at]["segments"]["no_reflow"]["mask"]


def test_a_slice_without_scar_has_no_no_reflow(client: TestClient, reading: dict) -> None:
    after = edited(client, reading, at=core_at(reading), kind="no_scar")["slice"]
    assert "no_reflow" not in after["segments"]
