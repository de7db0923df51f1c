"""One object in every encoding that archives use: the same image, or refused by a reason that names what is wrong."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    generate_uid,
)

from scarmass.domain.errors import DirectoryIgnored, ObjectRefused, PixelsUndecodable
from scarmass.domain.stack import SliceHeader
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr import encoding
from scarmass.imaging.mr.header import object_of, read_object
from scarmass.imaging.mr.pixels import require_pixels, stored_values
from tests.field.jpeg_lossless import jpeg_lossless
from tests.field.synthetic import big_endian, encoded, mr_slice, values, without_meta

PIXELS = values(high=4000, shape=(64, 48))


def dataset(**attributes: Any) -> Dataset:
    return mr_slice(generate_uid(), generate_uid(), pixels=PIXELS, **attributes)


def in_syntax(syntax: UID) -> bytes:
    one = dataset()
    one.file_meta.TransferSyntaxUID = syntax
    return encoded(one)


def compressed(
    syntax: UID, change: Callable[[bytes], bytes] = lambda stream: stream, pixels: NDArray = PIXELS
) -> Dataset:
    """The slice in a compressed transfer syntax, its codestream changed."""
    one = mr_slice(generate_uid(), generate_uid(), pixels=pixels)
    if syntax in (JPEGLossless, JPEGLosslessSV1):
        one.file_meta.TransferSyntaxUID = syntax
        stream = jpeg_lossless(pixels.astype(np.int64) % 2**one.BitsStored, one.BitsStored)
    else:
        one.compress(syntax)
        stream = get_frame(one.PixelData, 0, number_of_frames=1)
    one.PixelData = encapsulate([change(stream)])
    one["PixelData"].is_undefined_length = True
    return one


def without_transfer_syntax(one: Dataset) -> bytes:
    del one.file_meta.TransferSyntaxUID
    out = BytesIO()
    one.save_as(out, implicit_vr=False, little_endian=True)
    return out.getvalue()


def taken_in(content: bytes) -> SliceHeader:
    """Its header, once its pixels are known to be sound."""
    opened = encoding.open_dataset(content)
    read = object_of(opened, Bounds())
    require_pixels(opened, read.slices)
    return read.slices[0]


def reason(content: bytes) -> str:
    with pytest.raises((ObjectRefused, PixelsUndecodable)) as refused:
        taken_in(content)
    return str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        in_syntax(ExplicitVRLittleEndian),
        in_syntax(ImplicitVRLittleEndian),
        in_syntax(DeflatedExplicitVRLittleEndian),
        big_endian(dataset()),
        without_meta(encoded(dataset())),
        without_transfer_syntax(dataset()),
    ],
    ids=["explicit", "implicit", "deflated", "big endian", "no preamble", "no TransferSyntaxUID"],
)
def test_every_plain_encoding_holds_the_same_image(content: bytes) -> None:
    header = taken_in(content)
    assert np.array_equal(stored_values(content), PIXELS)
    assert (header.pixel_spacing_mm, header.slice_thickness_mm) == ((1.5, 1.25), 8)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize(
    "pixels",
    [PIXELS, PIXELS.astype("int16") - 2000, (PIXELS // 16).astype("uint8")],
    ids=["unsigned", "signed", "8 bit"],
)
def test_every_lossless_compression_is_bit_exact(syntax: UID, pixels: NDArray) -> None:
    content = encoded(compressed(syntax, pixels=pixels))
    assert not taken_in(content).is_lossy
    assert np.array_equal(stored_values(content), pixels)


def test_what_was_compressed_with_loss_is_known_as_such() -> None:
    one = dataset()
    one.compress(JPEGLSNearLossless, jls_error=2)
    assert taken_in(encoded(one)).is_lossy
    assert taken_in(encoded(dataset(LossyImageCompression="01"))).is_lossy
    assert not taken_in(encoded(dataset(LossyImageCompression="00"))).is_lossy


def test_jpeg_2000_that_says_it_lost_nothing_lost_nothing() -> None:
    reversible = compressed(JPEG2000Lossless)
    reversible.file_meta.TransferSyntaxUID = JPEG2000
    assert taken_in(encoded(reversible)).is_lossy
    reversible.LossyImageCompression = "00"
    assert not taken_in(encoded(reversible)).is_lossy


def test_a_file_that_names_deflate_elsewhere_is_not_deflated() -> None:
    assert taken_in(encoded(dataset(AvailableTransferSyntaxUID=DeflatedExplicitVRLittleEndian)))


def test_a_deflated_file_is_inflated_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "MAX_INFLATED_BYTES", 1000)
    assert "inflates to more than" in reason(in_syntax(DeflatedExplicitVRLittleEndian))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_a_cut_file_is_incomplete(syntax: UID) -> None:
    content = in_syntax(syntax)
    assert reason(content[: int(len(content) * 0.9)]) == "the file is incomplete"


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_a_cut_compressed_file_is_incomplete(syntax: UID) -> None:
    content = encoded(compressed(syntax))
    assert reason(content[: int(len(content) * 0.9)]) == "the file is incomplete"


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_image_without_its_end_is_not_believed(syntax: UID) -> None:
    assert "has no end" in reason(encoded(compressed(syntax, lambda stream: stream[: len(stream) // 3])))


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.97])
def test_a_compressed_image_that_was_cut_and_ended_anew_is_not_believed(syntax: UID, share: float) -> None:
    """Decoders answer it with a full array whose rest they made up."""
    content = encoded(compressed(syntax, lambda stream: stream[: int(len(stream) * share)] + b"\xff\xd9"))
    assert reason(content) in (
        "the pixel data cannot be decoded",
        "the compressed image ends before its last pixel: the file is incomplete",
    )


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("padding", [b"\0", b"\xff", b"\0\0\0"])
def test_what_makes_a_length_even_is_no_part_of_the_image(syntax: UID, padding: bytes) -> None:
    content = encoded(compressed(syntax, lambda stream: stream + padding))
    assert taken_in(content)
    assert np.array_equal(stored_values(content), PIXELS)


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
def test_a_compressed_image_has_the_size_that_the_header_says(syntax: UID) -> None:
    one = compressed(syntax)
    one.Rows, one.Columns = 4096, 4096
    assert "has 64 x 48 pixels, the header 4096 x 4096" in reason(encoded(one))


def test_compressed_pixels_that_are_no_codestream_are_refused() -> None:
    assert "has no beginning" in reason(encoded(compressed(JPEG2000Lossless, lambda stream: b"\0" * len(stream))))


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_rle_image_is_a_fact_whatever_its_decoder_throws(seed: int) -> None:
    """Some of these make the decoder panic, which is no Exception."""

    def damaged(stream: bytes) -> bytes:
        broken = bytearray(stream)
        for at in np.random.default_rng(seed).integers(0, 64, 6):
            broken[at] ^= 0xFF
        return bytes(broken[: len(broken) // 2])

    assert reason(encoded(compressed(RLELossless, damaged))) == "the pixel data cannot be decoded"


def test_without_a_transfer_syntax_compressed_pixels_are_refused_by_name() -> None:
    assert "TransferSyntaxUID" in reason(without_transfer_syntax(compressed(RLELossless)))


@pytest.mark.parametrize("syntax", ["1.2.840.113619.5.2", "1.2.3"])
def test_a_transfer_syntax_that_nobody_knows_is_refused_by_name(syntax: str) -> None:
    content = encoded(dataset()).replace(b"1.2.840.10008.1.2.1\0", syntax.encode().ljust(20, b"\0"))
    assert reason(content) == f"TransferSyntaxUID {syntax} is not known"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04" + bytes(60), "an archive within an archive"),
        (b"\x1f\x8b" + bytes(60), "an archive other than .zip"),
        (b"\xff\xd8\xff\xe0" + bytes(60), "a photo or screenshot, not a DICOM file"),
        (b"%PDF-1.4" + bytes(60), "a PDF document, not a DICOM file"),
        (b"patient;scar\n", "not a DICOM file"),
        (b"\x08\x00", "not a DICOM file"),
    ],
)
def test_what_is_no_dicom_is_refused_as_what_it_is(content: bytes, said: str) -> None:
    assert reason(content) == said


def test_a_dicomdir_is_told_apart_from_what_is_refused() -> None:
    path = Path(str(pydicom.__file__)).parent / "data" / "test_files" / "dicomdirtests" / "DICOMDIR"
    with pytest.raises(DirectoryIgnored):
        read_object(path.read_bytes())
