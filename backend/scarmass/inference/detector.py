"""Boxes of the left ventricle and of scar on short-axis slices, by a YOLO network.

The ultralytics package is imported when a detector is made, not with this module, and never reaches the network.
"""

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from torchvision.ops import batched_nms

from scarmass.domain.errors import DeviceOutOfMemory, WeightsInvalid, WeightsMissing
from scarmass.domain.left_ventricle import HeartRegion
from scarmass.domain.prompts import Box
from scarmass.domain.protocols import DetectedBox, Model, SliceImage, Step, Timing, untimed
from scarmass.domain.structures import Structure
from scarmass.inference.detector_views import Letterbox, cut_close_up, network_input
from scarmass.inference.onnx_export import ExportedNetwork
from scarmass.inference.onnx_network import Precision
from scarmass.inference.weights.catalog import Entry, described_entry

STRUCTURES = (Structure.LEFT_VENTRICLE, Structure.SCAR)
"""The classes that training gives the network, in order. A file may have more and in another order."""

MINIMUM_SCORE: Mapping[Structure, float] = {Structure.LEFT_VENTRICLE: 0.5, Structure.SCAR: 0.2}
"""A box below this score is not proposed; a structure that is not named is never proposed."""

DUPLICATE_IOU = 0.4
"""Of two boxes of one structure that overlap more than this, only the better is kept."""

BATCH_SIZE = 16


def quiet_ultralytics() -> ModuleType:
    """ultralytics.nn.tasks, imported so that it connects nowhere, installs nothing and leaves the home folder alone.

    The switches are read when the package is first imported, and its settings file must lie somewhere: a private
    folder that ends with this process.
    """
    os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "YOLO_VERBOSE": "false"}
    if "YOLO_CONFIG_DIR" not in os.environ:
        folder = os.environ["YOLO_CONFIG_DIR"] = tempfile.mkdtemp(prefix="scarmass-ultralytics-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    from ultralytics.nn import tasks
    from ultralytics.utils import SETTINGS

    if SETTINGS["sync"]:
        SETTINGS.update(sync=False)
    return tasks


class YoloDetector:
    """A Detector (domain Protocol) that serves a safetensors file made by training/detector.

    The file's metadata name the architecture, the classes and the input size; nothing is unpickled.
    Safe to call from several threads: one batch runs at a time.
    """

    def __init__(
        self,
        path: Path,
        model: Model,
        device: str = "auto",
        minimum_score: Mapping[Structure, float] = MINIMUM_SCORE,
        export_folder: Path | None = None,
        timing: Timing = untimed,
    ) -> None:
        """export_folder: where an ONNX export is kept, which a CPU runs in torch's place: torch's threads wait for each
        other after every layer, which takes long where something else has a core. timing: of each batch.

        Raises WeightsMissing, or WeightsInvalid where the file does not hold this network.
        """
        self._model = model
        self._device = torch.device(_best_device() if device == "auto" else device)
        network, entry = read_network(path)
        self._network = network.eval().fuse(verbose=False)
        self._input_size, self._structures = entry.input_size, entry.structures
        by_name: dict[str, float] = {**minimum_score}
        self._minimum_scores = torch.tensor([by_name.get(name, inf) for name in self._structures])
        self._network.to(self._device)
        self._exported: ExportedNetwork | None = None
        if export_folder is not None and self._device.type == "cpu":
            self._exported = self._export(export_folder / f"detector-{model.sha256}.onnx")
        self._lock = threading.Lock()
        self._timing = timing

    @property
    def model(self) -> Model:
        return self._model

    def detect(self, images: Sequence[SliceImage], region: HeartRegion | None = None) -> list[list[DetectedBox]]:
        """The boxes found on each image, in its own pixels, best first: one left ventricle at most, any scars.

        Each is looked at whole, or close up around a region. Raises DeviceOutOfMemory.
        """
        if region is None:
            return self._look_at(images)
        views = [cut_close_up(image, region) for image in images]
        found = self._look_at([view for view, _, _ in views])
        return [[_moved(box, x, y) for box in boxes] for boxes, (_, x, y) in zip(found, views, strict=True)]

    def _look_at(self, images: Sequence[SliceImage]) -> list[list[DetectedBox]]:
        found: list[list[DetectedBox]] = []
        for start in range(0, len(images), BATCH_SIZE):
            batch = images[start : start + BATCH_SIZE]
            squares, letterboxes = zip(*(network_input(image, self._input_size) for image in batch), strict=True)
            inputs = torch.from_numpy(np.stack(squares))[:, None].expand(-1, 3, -1, -1).to(self._device)
            with self._lock, self._timing(Step.DETECT), torch.inference_mode():
                try:
                    predictions = self._predictions(inputs)
                except torch.OutOfMemoryError as error:
                    raise DeviceOutOfMemory("the device has no memory left to detect with") from error
            for prediction, letterbox, image in zip(predictions, letterboxes, batch, strict=True):
                found.append(self._boxes(prediction.T, letterbox, image.pixels.shape))
        return found

    def _predictions(self, inputs: torch.Tensor) -> torch.Tensor:
        """Predictions (n, 4 + classes, places) of inputs (n, 3, size, size), on the CPU."""
        if self._exported is None:
            return self._network(inputs)[0].float().cpu()
        return torch.cat([self._exported(images=one)[0] for one in inputs.split(1)])

    def _export(self, path: Path) -> ExportedNetwork:
        """In float32: thresholds decide by small differences."""
        size = self._input_size
        noise = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
        network = _Predictions(self._network)
        return ExportedNetwork(network, {"images": noise}, ["predictions"], path, Precision.FLOAT32)

    def _boxes(self, prediction: torch.Tensor, letterbox: Letterbox, shape: tuple[int, ...]) -> list[DetectedBox]:
        """One slice's boxes from predictions (n, 4 + classes): corners in the input's pixels, then scores."""
        corners, (scores, classes) = prediction[:, :4], prediction[:, 4:].max(dim=1)
        likely = scores >= self._minimum_scores[classes]
        corners, scores, classes = corners[likely], scores[likely], classes[likely]
        kept = batched_nms(corners, scores, classes, DUPLICATE_IOU)
        rows, columns = shape
        native = np.clip(letterbox.to_native(corners[kept].numpy().astype(float)), 0, [columns, rows] * 2)
        found: list[DetectedBox] = []
        for (x0, y0, x1, y1), score, label in zip(
            native.tolist(), scores[kept].tolist(), classes[kept].tolist(), strict=True
        ):
            structure = Structure(self._structures[label])
            if x1 > x0 and y1 > y0 and not _second_ventricle(structure, found):
                found.append(DetectedBox(Box(x0, y0, x1, y1), structure, score))
        return found


class _Predictions(nn.Module):
    """The first of a network's outputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.network(images)[0]


def build_network(architecture: str, structures: Sequence[str] = STRUCTURES) -> Any:
    """A freshly initialised network of ultralytics' architecture (such as yolo26n) with these classes.

    It has the one-to-many head alone: its duplicates are removed here, and little data teach it more than the
    one-to-one head, which passes no gradient to the layers below.
    """
    tasks = quiet_ultralytics()
    description = tasks.yaml_model_load(f"{architecture}.yaml") | {"end2end": False}
    network = tasks.DetectionModel(description, nc=len(structures), verbose=False)
    network.names = dict(enumerate(structures))
    network.model[-1].xyxy = True
    return network


def read_network(path: Path) -> tuple[Any, Entry]:
    """The network of a safetensors file, and what the file says of itself. Raises WeightsMissing, WeightsInvalid."""
    if not path.is_file():
        raise WeightsMissing(f"{path} is not on this machine")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        entry = described_entry(metadata, path)
        if entry is None or not set(STRUCTURES) <= set(entry.structures):
            raise WeightsInvalid(f"{path.name} does not say that it detects {' and '.join(STRUCTURES)}")
        network = build_network(entry.architecture, entry.structures)
        network.load_state_dict(state)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, FileNotFoundError) as error:
        raise WeightsInvalid(f"{path.name} is not a detector of this application: {error}") from error
    return network, entry


def _moved(found: DetectedBox, x: int, y: int) -> DetectedBox:
    box = found.box
    return replace(found, box=Box(box.x0 + x, box.y0 + y, box.x1 + x, box.y1 + y))


def _second_ventricle(structure: Structure, found: Sequence[DetectedBox]) -> bool:
    return structure is Structure.LEFT_VENTRICLE and any(box.structure is structure for box in found)


def _best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"
