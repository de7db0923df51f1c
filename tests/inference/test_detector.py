"""The detector: what the network sees, where its boxes land, and that it keeps to itself."""

import json
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from scarmass.domain.errors import DeviceOutOfMemory, WeightsInvalid, WeightsMissing
from scarmass.domain.prompts import Box
from scarmass.domain.protocols import Model, SliceImage
from scarmass.domain.structures import Structure
from scarmass.inference.detector import (
    CLOSE_UP_VENTRICLE_SHARE,
    STRUCTURES,
    YoloDetector,
    build_network,
    close_up,
    network_input,
)
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


def test_the_whole_slice_is_seen_with_square_pixels() -> None:
    """100 rows of 2 mm and 300 columns of 1 mm are 200 x 300 mm."""
    square, letterbox = network_input(image(np.random.default_rng(0).random((100, 300)) + 1, (2.0, 1.0)), 96)
    seen_rows, seen_columns = np.flatnonzero(square.any(axis=1)), np.flatnonzero(square.any(axis=0))
    assert square.shape == (96, 96)
    assert (np.ptp(seen_rows) + 1, np.ptp(seen_columns) + 1) == (64, 96)
    assert letterbox.scale_y / 2.0 == pytest.approx(letterbox.scale_x / 1.0)


def test_a_structure_appears_where_the_letterbox_says() -> None:
    pixels = np.zeros((200, 120))
    pixels[50:90, 30:60] = 100
    square, letterbox = network_input(image(pixels, (1.0, 1.5)), 256)
    rows, columns = np.nonzero(square > 0.5)
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert letterbox.to_input(np.array([[30.0, 50, 60, 90]]))[0] == pytest.approx(seen, abs=0.6)


@given(
    rows=st.integers(8, 400),
    columns=st.integers(8, 400),
    row_mm=st.floats(0.3, 3),
    column_mm=st.floats(0.3, 3),
)
def test_boxes_return_to_the_native_pixels_they_came_from(
    rows: int, columns: int, row_mm: float, column_mm: float
) -> None:
    _, letterbox = network_input(image(np.zeros((rows, columns)), (row_mm, column_mm)), 64)
    whole = np.array([[0.0, 0.0, columns, rows]])
    assert letterbox.to_native(letterbox.to_input(whole)) == pytest.approx(whole)
    assert (letterbox.to_input(whole) >= 0).all()
    assert (letterbox.to_input(whole) <= 64 + 1e-9).all()


def test_a_few_bright_pixels_do_not_darken_the_heart() -> None:
    pixels = np.random.default_rng(0).random((100, 100))
    plain, _ = network_input(image(pixels), 96)
    pixels[0, :20] = 1000
    spoiled, _ = network_input(image(pixels), 96)
    assert np.abs(plain[10:] - spoiled[10:]).max() < 0.01


def test_contrast_does_not_depend_on_the_scanners_units() -> None:
    pixels = np.random.default_rng(0).random((64, 64))
    assert network_input(image(pixels * 4000 - 1000), 64)[0] == pytest.approx(
        network_input(image(pixels), 64)[0], abs=1e-4
    )


def test_an_empty_slice_is_black() -> None:
    assert not network_input(image(np.full((30, 40), 7.0)), 64)[0].any()


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


def test_the_second_look_is_centred_on_the_ventricle_and_square_in_mm() -> None:
    """The ventricle is 40 mm wide and as tall, and takes its share of the longer side."""
    part, left, top = close_up(image(np.zeros((200, 400)), (2.0, 1.0)), Box(180, 80, 220, 100))
    rows, columns = part.pixels.shape
    assert columns == pytest.approx(40 / CLOSE_UP_VENTRICLE_SHARE, abs=1)
    assert rows * 2 == pytest.approx(columns, abs=2)
    assert (left + columns / 2, top + rows / 2) == pytest.approx((200, 90), abs=1)
    assert part.pixel_spacing_mm == (2.0, 1.0)


@given(x=st.floats(0, 60), y=st.floats(0, 40), width=st.floats(1e-3, 60), height=st.floats(1e-3, 40))
def test_the_second_look_stays_inside_the_slice(x: float, y: float, width: float, height: float) -> None:
    ventricle = Box(x, y, min(x + width, 60.001), min(y + height, 40.001))
    part, left, top = close_up(noise(40, 60), ventricle)
    rows, columns = part.pixels.shape
    assert rows > 0
    assert columns > 0
    assert 0 <= left <= left + columns <= 60
    assert 0 <= top <= top + rows <= 40


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
