"""The other stacks of a study are shown beside one, without a model being asked of them."""

from pathlib import Path

from fastapi.testclient import TestClient
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from scarmass.services.context import Context
from tests.conftest import upload
from tests.domain.test_other_views import ACROSS, STUDY, cine, short_axis
from tests.fakes import EchoSegmenter
from tests.field.slices import dicom_slice, encoded


def stacks_taken_in(client: TestClient, folder: Path, datasets: list[Dataset]) -> list[dict]:
    paths = [folder / f"{number}.dcm" for number in range(len(datasets))]
    for path, one in zip(paths, datasets, strict=True):
        path.write_bytes(encoded(one))
    return upload(client, paths)["studies"][0]["stacks"]


def test_a_view_is_listed_then_its_images_come_and_no_model_sees_them(
    client: TestClient, context: Context, tmp_path: Path
) -> None:
    four_chamber = dicom_slice(STUDY, generate_uid(), 0, "LGE 4ch", **ACROSS)
    stacks = stacks_taken_in(client, tmp_path, [*short_axis(), *cine([0.0, 10.0], 5), four_chamber])
    short = next(one for one in stacks if one["description"] == "LGE sax")
    views = client.get(f"/api/v1/stacks/{short['stack_id']}/other_views").json()["views"]
    told = {one["description"]: (one["number_of_positions"], one["number_of_phases"]) for one in views}
    assert told == {"cine": (2, 5), "LGE 4ch": (1, 1)}
    for view in views:
        images = client.get(f"/api/v1/stacks/{view['stack_id']}/images").json()["images"]
        assert len(images) == view["number_of_positions"] * view["number_of_phases"]
        assert [one["index"] for one in images] == list(range(len(images)))
        for one in images:
            pixels = client.get(f"/api/v1/slices/{one['sop_instance_uid']}/{one['frame_number']}/pixels")
            assert len(pixels.content) == one["rows"] * one["columns"] * 2
    segmenter, detector = context.segmenter, context.detector
    assert isinstance(segmenter, EchoSegmenter)
    assert (segmenter.embedded, detector.calls) == ([], 0)  # type: ignore[attr-defined]


def test_the_views_of_a_stack_that_is_not_there(client: TestClient) -> None:
    for path in ("other_views", "images"):
        assert client.get(f"/api/v1/stacks/none/{path}").status_code == 404
