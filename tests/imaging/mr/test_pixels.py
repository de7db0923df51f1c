"""Stored values, rescaled values, thumbnails."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from scarmass.domain.errors import PixelsUndecodable
from scarmass.imaging.mr.header import read_object
from scarmass.imaging.mr.pixels import rescaled_values, stored_values, thumbnail_png


def content(dataset: pydicom.Dataset) -> bytes:
    out = BytesIO()
    dataset.save_as(out)
    return out.getvalue()


@pytest.mark.parametrize("transfer_syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_lossless_transfer_syntaxes_decode_to_the_same_values(phantom_files: list[Path], transfer_syntax: str) -> None:
    plain = stored_values(phantom_files[0].read_bytes())
    dataset = pydicom.dcmread(phantom_files[0])
    dataset.compress(transfer_syntax)
    assert np.array_equal(stored_values(content(dataset)), plain)


def test_pixels_that_cannot_be_decoded_are_a_fact(phantom_files: list[Path]) -> None:
    dataset = pydicom.dcmread(phantom_files[0])
    dataset.PixelData = dataset.PixelData[:100]
    with pytest.raises(PixelsUndecodable):
        stored_values(content(dataset))


def test_rescale_and_monochrome1_make_bright_high(phantom_files: list[Path]) -> None:
    stored = np.array([[0, 1000]], np.uint16)
    header = read_object(phantom_files[0].read_bytes()).slices[0]
    assert np.array_equal(rescaled_values(stored, replace(header, rescale_slope=2, rescale_intercept=-5)), [[-5, 1995]])
    inverted = rescaled_values(stored, replace(header, photometric_interpretation="MONOCHROME1"))
    assert inverted[0, 0] > inverted[0, 1]


def test_a_thumbnail_keeps_the_proportions_in_mm() -> None:
    png = thumbnail_png(np.random.default_rng(0).normal(size=(50, 100)).astype(np.float32), (4.0, 1.0))
    assert Image.open(BytesIO(png)).size == (128, 256)
