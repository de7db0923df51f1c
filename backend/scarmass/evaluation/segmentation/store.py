"""A run's folder: what was predicted with what, one file a patient, so that an interrupted run is resumed."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from scarmass.domain.errors import RunConflict
from scarmass.domain.prompts import Box, Point
from scarmass.domain.protocols import Model
from scarmass.evaluation.segmentation.predict import Correction, Prediction, Proposal, Seconds

RUN_FILE, PATIENTS_FILE, SLICES_FILE, SCORES_FILE = "run.json", "patients.csv", "slices.csv", "scores.json"


READ = ("corrections", "following")
"""The fields of a prediction that hold how its slices were read."""


@dataclass(frozen=True)
class Provenance:
    """What makes two predictions comparable: models, patients, seed of the drawn boxes, and sensitivity."""

    segmenter: Model
    detector: Model
    dataset_sha256: str
    split_sha256: str
    part: str
    seed: int
    sensitivity: float = 0.0


def open_run(folder: Path, provenance: Provenance, code: str) -> None:
    """Begin or resume a run in its folder, and note the code's version of this session.

    Raises RunConflict where the folder holds a run of something else.
    """
    record, codes = asdict(provenance), [code]
    if (folder / RUN_FILE).is_file():
        kept = read_run(folder)
        differing = [key for key, value in record.items() if kept.get(key) != value]
        if differing:
            raise RunConflict(f"{folder} holds a run of another {' and '.join(differing)}; name another folder")
        codes = sorted({*kept["code"], code})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RUN_FILE).write_text(json.dumps({**record, "code": codes}, indent=2) + "\n")


def read_run(folder: Path) -> dict[str, Any]:
    """What a run's folder says it is of: the fields of Provenance, and code, the versions it was made with.

    Raises RunConflict where the folder holds no run.
    """
    try:
        return json.loads((folder / RUN_FILE).read_text())
    except FileNotFoundError as error:
        raise RunConflict(f"{folder} holds no run: `scarmass evaluate` makes one") from error


def prediction_file(folder: Path, patient: str) -> Path:
    """Where a patient's prediction is kept. Names of patients may hold what names of files may not."""
    return folder / "predictions" / f"{quote(patient, safe='')}.npz"


def save_prediction(prediction: Prediction, path: Path) -> None:
    """Write the masks and, as JSON beside them, what was drawn; whole or not at all."""
    masks = {f"proposal-{i}": proposal.mask for i, proposal in enumerate(prediction.proposals)}
    record: dict[str, Any] = {
        "proposed_boxes": [[asdict(box) for box in proposal.boxes] for proposal in prediction.proposals],
        "heart_found": prediction.heart_found,
        "seconds": asdict(prediction.seconds),
    }
    for name in READ:
        corrections: tuple[Correction, ...] = getattr(prediction, name)
        record[name] = [
            {
                "boxes": [asdict(box) for box in one.boxes],
                "points": [asdict(point) for point in one.points],
                "sensitivity": one.sensitivity,
            }
            for one in corrections
        ]
        for i, one in enumerate(corrections):
            masks |= {f"{name}-{i}-{clicks}": mask for clicks, mask in enumerate(one.answers)}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    try:
        np.savez_compressed(partial, record=json.dumps(record), **masks)  # type: ignore[arg-type]
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_prediction(path: Path) -> Prediction:
    """What save_prediction wrote."""
    with np.load(path, allow_pickle=False) as kept:
        record: dict[str, Any] = json.loads(str(kept["record"]))
        proposals = tuple(
            Proposal(_boxes(boxes), kept[f"proposal-{i}"]) for i, boxes in enumerate(record["proposed_boxes"])
        )
        read: dict[str, list[Correction]] = {name: [] for name in READ}
        for name, corrections in read.items():
            for i, one in enumerate(record[name]):
                points = tuple(Point(**point) for point in one["points"])
                answers = tuple(kept[f"{name}-{i}-{clicks}"] for clicks in range(len(points) + 1))
                corrections.append(Correction(_boxes(one["boxes"]), points, answers, one["sensitivity"]))
    return Prediction(
        proposals,
        tuple(read["corrections"]),
        tuple(read["following"]),
        record["heart_found"],
        Seconds(**record["seconds"]),
    )


def _boxes(boxes: Sequence[dict[str, float]]) -> tuple[Box, ...]:
    return tuple(Box(**box) for box in boxes)
