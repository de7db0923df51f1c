"""Real headers and codestreams, damaged by chance: `python -m tests.imaging.fuzz 100000 FOLDER [SEED]`.

Counts, also where it is interrupted, what became of each, and keeps in FOLDER every file that ended the process that
read it or took all its time or memory.
"""

import io
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from scarmass.domain.errors import ObjectRefused
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.examiner import Examiner
from scarmass.phantom.demonstration import demo_studies, write_phantom

SECONDS = 4.0
GENERAL = re.compile(r"\(.*\)|^.* (?=holds|is missing)|^a .* (?=image)|\d+( x \d+)?")
"""What differs from file to file in a reason."""
INTERESTING = tuple(map(bytes.fromhex, ("00", "ff", "7f", "80", "ffffffff", "00000000", "7fffffff", "feff00e0")))


def seeds(folder: Path) -> dict[str, bytes]:
    """One image of a phantom in every kind of encoding, small enough to be read in milliseconds."""
    path = write_phantom(folder, next(demo_studies()))[3]
    whole = pydicom.dcmread(path)
    pixels = np.ascontiguousarray(whole.pixel_array[96:160, 96:160])
    whole.Rows, whole.Columns = pixels.shape
    whole.PixelData = pixels.tobytes()
    found = {"uncompressed": _encoded(whole)}
    for name, syntax in (("rle", RLELossless), ("jpeg_ls", JPEGLSLossless), ("jpeg_2000", JPEG2000Lossless)):
        dataset = pydicom.dcmread(io.BytesIO(found["uncompressed"]))
        dataset.compress(syntax, generate_instance_uid=False)
        found[name] = _encoded(dataset)
    dataset = pydicom.dcmread(io.BytesIO(found["uncompressed"]))
    stream = io.BytesIO()
    Image.fromarray((pixels / max(pixels.max(), 1) * 255).astype(np.uint8)).save(stream, "JPEG")
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([stream.getvalue()])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    found["jpeg"] = _encoded(dataset)
    return found


def _encoded(dataset: pydicom.Dataset) -> bytes:
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def mutations(found: dict[str, bytes], seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Damaged files without end, the same for the same seed: half of them in the header, half in the pixel data."""
    chance = random.Random(seed)
    while True:
        for name, content in found.items():
            pixel_data = content.index(b"\xe0\x7f\x10\x00")
            span = (132, pixel_data) if chance.random() < 0.5 else (pixel_data, len(content))
            damaged = bytearray(content)
            for _ in range(chance.choice((1, 1, 2, 5, 20))):
                damage(damaged, chance, *span)
            yield name, bytes(damaged)


def damage(content: bytearray, chance: random.Random, start: int, end: int) -> None:
    """Change something between start and end."""
    at = chance.randrange(start, max(min(end, len(content)), start + 1))
    match chance.randrange(6):
        case 0:
            content[at : at + 1] = bytes([chance.randrange(256)])
        case 1:
            value = chance.choice(INTERESTING)
            content[at : at + len(value)] = value
        case 2:
            del content[at : at + chance.choice((1, 2, 8, 200))]
        case 3:
            content[at:at] = chance.randbytes(chance.choice((1, 2, 8, 200)))
        case 4:
            other = chance.randrange(start, max(min(end, len(content)), start + 1))
            length = chance.choice((2, 4, 8, 64))
            content[at : at + length] = content[other : other + length]
        case 5 if chance.random() < 0.2:
            del content[at:]


def main(count: int, folder: Path, seed: int = 1) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    outcomes: Counter[tuple[str, str]] = Counter()
    examiner = Examiner(Bounds())
    with tempfile.TemporaryDirectory() as scratch, suppress(KeyboardInterrupt):
        path = Path(scratch) / "damaged.dcm"
        for number, (name, content) in enumerate(islice(mutations(seeds(Path(scratch)), seed), count)):
            path.write_bytes(content)
            try:
                examiner.examine(path, SECONDS)
                outcome = "read"
            except ObjectRefused as refused:
                outcome = str(refused)
            outcomes[name, GENERAL.sub("...", outcome)] += 1
            if any(words in outcome for words in ("program that reads it", "takes longer", "of memory")):
                (folder / f"{name}_{number}.dcm").write_bytes(content)
    examiner.close()
    for (name, outcome), times in sorted(outcomes.items()):
        print(f"{times:7d}  {name:13s} {outcome}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
