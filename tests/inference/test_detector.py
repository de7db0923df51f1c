"""The detector: where its boxes land, and that it keeps to itself."""

import json
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from scarmass.domain.errors import DeviceOutOfMemory, WeightsInvalid, WeightsMissing
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.protocols import Model, SliceImage
from scarmass.domain.structures import Structure
from scarmass.inference.detector import STRUCTURES, YoloDetector, build_network
from scarmass.inference.weights.catalog import Entry
from scarmass.paths import PACKAGE

pytestmark = pytest.mark.slow

EVERYTHING: dict[Structure, float] = dict.fromkeys(STRUCTURES, 0.0)
ENTRY = Entry("untrained", "detector", "yolo26n", 64, "", "untrained.safetensors", structures=STRUCTURES)
BACKEND = PACKAGE.parent


def image(pixels: np.ndarray, pixel_spacing_mm: tuple[float, float] = (1.5, 1.5)) -> SliceImage:
    return SliceImage("slice", pixels.astype(np.float32), pixel_spacing_mm)


def noise(rows: int, columns: int, seed: int = 0) -> SliceImage:
    return image(np.random.default_rng(seed).random((rows, columns)))


def save_weights(path: Path, metadata: dict[str, str]) -> Path:
    torch.manual_seed(0)
    state = build_network("yolo26n").state_dict()
    save_file({name: tensor.clone() for name, tensor in state.items()}, path, metadata)
    return path


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_weights(tmp_path_factory.mktemp("weights") / "untrained.safetensors", ENTRY.description())


@pytest.fixture(scope="module")
def detector(untrained: Path) -> YoloDetector:
    return YoloDetector(untrained, Model("untrained", "0" * 64), "cpu", EVERYTHING)


def test_boxes_lie_in_the_image_best_first_with_one_left_ventricle(detector: YoloDetector) -> None:
    for boxes in detector.detect([noise(50, 120), noise(90, 40, seed=1)]):
        assert boxes
        scores = [box.score for box in boxes]
        assert scores == sorted(scores, reverse=True)
        assert sum(box.structure is Structure.LEFT_VENTRICLE for box in boxes) <= 1
    for found in detector.detect([noise(50, 120)])[0]:
        assert 0 <= found.box.x0 < found.box.x1 <= 120
        assert 0 <= found.box.y0 < found.box.y1 <= 50


def test_a_stack_is_answered_slice_by_slice_in_order(detector: YoloDetector) -> None:
    stack = [noise(40 + n, 60, seed=n) for n in range(20)]
    together = detector.detect(stack)
    assert len(together) == 20
    for index in (0, 17, 19):
        alone = detector.detect([stack[index]])[0]
        assert [box.score for box in alone] == pytest.approx([box.score for box in together[index]], abs=1e-5)


def test_the_export_finds_what_torch_finds(untrained: Path, detector: YoloDetector, tmp_path: Path) -> None:
    model = Model("untrained", "0" * 64)
    exported = YoloDetector(untrained, model, "cpu", EVERYTHING, export_folder=tmp_path)
    assert (tmp_path / f"detector-{'0' * 64}.onnx").is_file()
    slices = [noise(50, 120), noise(90, 40, seed=1), noise(64, 64, seed=2)]
    for found, expected in zip(exported.detect(slices), detector.detect(slices), strict=True):
        assert [box.structure for box in found] == [box.structure for box in expected]
        assert [box.score for box in found] == pytest.approx([box.score for box in expected], abs=1e-4)
        for one, other in zip(found, expected, strict=True):
            assert astuple(one.box) == pytest.approx(astuple(other.box), abs=1e-2)


def test_close_up_is_found_what_that_part_of_the_slice_shows(detector: YoloDetector) -> None:
    """A heart of 24 mm takes 40 % of 60 mm, which are 40 pixels of 1.5 mm around its middle."""
    slices = [noise(90, 140, seed=n) for n in range(2)]
    parts = [image(one.pixels[20:60, 60:100]) for one in slices]
    closely = detector.detect(slices, HeartRegion(80.0, 40.0, 24.0))
    for found, expected in zip(closely, detector.detect(parts), strict=True):
        assert [one.structure for one in found] == [one.structure for one in expected]
        for one, other in zip(found, expected, strict=True):
            assert np.subtract(astuple(one.box), astuple(other.box)) == pytest.approx([60, 20, 60, 20], abs=1e-3)


def test_no_slices_no_answers(detector: YoloDetector) -> None:
    assert detector.detect([]) == []


def test_threads_do_not_disturb_each_other(detector: YoloDetector) -> None:
    stack = [noise(64, 64, seed=n) for n in range(6)]
    expected = [detector.detect([one]) for one in stack]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda one: detector.detect([one]), stack)) == expected


def test_a_device_without_memory_is_named(detector: YoloDetector, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(detector, "_network", exhausted)
    with pytest.raises(DeviceOutOfMemory):
        detector.detect([noise(64, 64)])


def test_boxes_below_the_minimum_score_are_not_proposed(untrained: Path) -> None:
    strict = YoloDetector(untrained, Model("untrained", ""), "cpu", dict.fromkeys(STRUCTURES, 1.0))
    assert strict.detect([noise(64, 64)]) == [[]]


@pytest.mark.parametrize(
    ("structures", "found"),
    [
        (("left_ventricle", "scar"), {Structure.LEFT_VENTRICLE}),
        (("scar", "left_ventricle"), {Structure.SCAR}),
        (("papillary_muscle", "scar", "left_ventricle"), set()),
    ],
)
def test_boxes_are_of_the_classes_that_the_file_names_in_its_order(
    tmp_path: Path, structures: tuple[str, ...], found: set[Structure]
) -> None:
    network = build_network("yolo26n", structures)
    for head in network.model[-1].cv3:
        head[-1].bias.data[:] = torch.tensor([5.0, -20.0, -20.0][: len(structures)])
    path = tmp_path / "first.safetensors"
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    save_file(state, path, replace(ENTRY, structures=structures).description())
    (boxes,) = YoloDetector(path, Model("first", ""), "cpu", EVERYTHING).detect([noise(64, 64)])
    assert {box.structure for box in boxes} == found


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"none\.safetensors"):
        YoloDetector(tmp_path / "none.safetensors", Model("none", ""))


@pytest.mark.parametrize(
    "metadata",
    [{}, replace(ENTRY, structures=()).description(), replace(ENTRY, architecture="no-such").description()],
    ids=["says nothing", "classes not named", "unknown architecture"],
)
def test_weights_of_another_network_are_refused(tmp_path: Path, metadata: dict[str, str]) -> None:
    with pytest.raises(WeightsInvalid):
        YoloDetector(save_weights(tmp_path / "other.safetensors", metadata), Model("other", ""))


def test_a_truncated_file_is_refused(tmp_path: Path, untrained: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(untrained.read_bytes()[:100_000])
    with pytest.raises(WeightsInvalid, match=r"broken\.safetensors"):
        YoloDetector(broken, Model("broken", ""))


def test_a_pickle_is_refused_unopened(tmp_path: Path) -> None:
    pickled = tmp_path / "pickled.safetensors"
    torch.save({"weight": torch.zeros(1)}, pickled)
    with pytest.raises(WeightsInvalid):
        YoloDetector(pickled, Model("pickled", ""))


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, untrained: Path) -> dict[str, object]:
    """What a fresh interpreter does, with an empty home folder and every connection noted, when it detects."""
    home = tmp_path_factory.mktemp("home")
    program = f"""
        import json, sys
        reached = []
        def watch(event, arguments):
            if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
                reached.append(event)
        sys.addaudithook(watch)
        from pathlib import Path
        import numpy as np
        from scarmass.domain.protocols import Model, SliceImage
        from scarmass.inference.detector import YoloDetector
        with_the_module = "ultralytics" in sys.modules
        detector = YoloDetector(Path({str(untrained)!r}), Model("untrained", ""), "cpu")
        detector.detect([SliceImage("slice", np.eye(40, dtype=np.float32), (1.0, 1.0))])
        from ultralytics.utils import SETTINGS
        print(json.dumps({{"reached": reached, "imported": with_the_module, "sync": SETTINGS["sync"]}}))
    """
    environment = {
        "PYTHONPATH": str(BACKEND),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=environment, capture_output=True, text=True, cwd=home
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"left_at_home": [str(path) for path in home.rglob("*")]}


def test_detection_reaches_no_network(observed: dict[str, object]) -> None:
    assert observed["reached"] == []
    assert observed["sync"] is False


def test_detection_writes_nothing_at_home(observed: dict[str, object]) -> None:
    assert observed["left_at_home"] == []


def test_importing_the_detector_does_not_import_ultralytics(observed: dict[str, object]) -> None:
    assert observed["imported"] is False
