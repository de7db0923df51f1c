"""A lossless JPEG encoder as small as it can be (ITU-T T.81 Annex H, predictor 1), since no Python package has one."""

import numpy as np
from numpy.typing import NDArray

CODE_BITS = 5
CATEGORIES = 17


def jpeg_lossless(pixels: NDArray, precision: int) -> bytes:
    """pixels: (rows, columns), unsigned. Each category of differences has a code of five bits: its own number."""
    rows, columns = pixels.shape
    code_lengths = bytes(CATEGORIES if length == CODE_BITS else 0 for length in range(1, 17))
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xC3, bytes([precision]) + _two(rows) + _two(columns) + bytes([1, 1, 0x11, 0])),
            _segment(0xC4, bytes([0]) + code_lengths + bytes(range(CATEGORIES))),
            _segment(0xDA, bytes([1, 1, 0, 1, 0, 0])),
            _scan(pixels.astype(np.int64), precision),
            b"\xff\xd9",
        )
    )


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + _two(len(payload) + 2) + payload


def _two(number: int) -> bytes:
    return int(number).to_bytes(2, "big")


def _scan(pixels: NDArray[np.int64], precision: int) -> bytes:
    """Differences to the left neighbour, in the first column to the one above, at the start to half of the range."""
    predicted = np.empty_like(pixels)
    predicted[:, 1:] = pixels[:, :-1]
    predicted[1:, 0] = pixels[:-1, 0]
    predicted[0, 0] = 2 ** (precision - 1)
    bits = "".join(map(_coded, (pixels - predicted).ravel().tolist()))
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def _coded(difference: int) -> str:
    difference = (difference + 2**15) % 2**16 - 2**15
    category = abs(difference).bit_length()
    code = f"{category:0{CODE_BITS}b}"
    if category in (0, 16):
        return code
    return code + f"{difference if difference > 0 else difference + 2**category - 1:0{category}b}"
