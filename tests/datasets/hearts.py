"""Small hearts, and the layouts that datasets keep them in."""

from pathlib import Path

import nibabel
import numpy as np
from PIL import Image

SHAPE = (3, 48, 40)
SPACING_MM = (1.5, 2.0, 10.0)
"""Along columns, rows and slices, as NIfTI has them."""


def heart_labels(scar_pixels: int = 6, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """EMIDEC labels (slices, rows, columns): blood within a round myocardium, scar and one pixel of no-reflow."""
    y, x = np.mgrid[: shape[1], : shape[2]]
    distance = np.hypot(y - 22, x - 18)
    one = np.where(distance <= 12, 2, 0) - (distance <= 7)
    labels = np.repeat(one[None], shape[0], 0).astype(np.uint8)
    if scar_pixels:
        labels[:, 22, 26 : 26 + min(scar_pixels, 4)] = 3
        labels[1, 23, 26:28] = (3, 4)
        labels[2, 24, 26 : 26 + max(scar_pixels - 4, 0)] = 3
    return labels


def pixels_of(labels: np.ndarray) -> np.ndarray:
    """Grey values that tell every slice from every other, uint8."""
    return (labels * 40 + np.arange(len(labels))[:, None, None] + 1).astype(np.uint8)


def save_nifti(path: Path, values: np.ndarray, affine: np.ndarray | None = None) -> None:
    """(slices, rows, columns) as NIfTI, whose axes are the other way round."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.Nifti1Image(values.transpose(2, 1, 0), np.diag([*SPACING_MM, 1]) if affine is None else affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


def write_emidec(folder: Path, patient: str, labels: np.ndarray, affine: np.ndarray | None = None) -> None:
    save_nifti(folder / patient / "Images" / f"{patient}.nii.gz", pixels_of(labels), affine)
    save_nifti(folder / patient / "Contours" / f"{patient}.nii.gz", labels, affine)


def write_emidec_png(folder: Path, patient: str, labels: np.ndarray, half: str = "train") -> None:
    for kind, images in ((half, pixels_of(labels)), (f"{half}annot", labels)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for index, image in enumerate(images):
            Image.fromarray(image).save(folder / kind / f"{patient}_slice{index:03d}.png")


MYOPS_OF_EMIDEC = np.array([0, 500, 200, 2221, 1220], dtype=np.int16)
"""MyoPS label in place of each of EMIDEC's; no-reflow, which MyoPS lacks, gives its place to oedema."""


def write_myops(folder: Path, patient: str, labels: np.ndarray, image: str = "LGE") -> None:
    save_nifti(folder / f"{patient}_{image}.nii.gz", pixels_of(labels))
    save_nifti(folder / f"{patient}_gd.nii.gz", MYOPS_OF_EMIDEC[labels])
