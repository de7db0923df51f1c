"""The process of an examiner: `python -m scarmass.imaging.examiner_process FILE_DESCRIPTOR BOUNDS`.

It reads nothing itself. A child forked from it, with everything imported, reads file after file; when one ends the
child, the next child is there in milliseconds.
"""

import gc
import json
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from pydicom import FileDataset

from scarmass.domain.errors import DirectoryIgnored, Fact, ObjectRefused
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.deidentification import deidentified
from scarmass.imaging.examiner import BEGUN, Died, Examined
from scarmass.imaging.mr.encoding import open_dataset
from scarmass.imaging.mr.header import object_of
from scarmass.imaging.mr.objects import is_same_image
from scarmass.imaging.mr.pixels import require_pixels
from scarmass.imaging.pseudonyms import Pseudonyms
from scarmass.imaging.segmentations import is_segmentation, segmentation_object_of

ENDED, OUTGROWN = 0, 3
"""Exit statuses of a child: nobody asks any more, or it is larger than what a new one costs."""

LARGE_KIB = 192 * 2**10
"""Memory that a child may keep from one file to the next."""


def serve(connection: Connection, bounds: Bounds) -> None:
    """Have children answer (paths, seconds): one file with what `examine` finds, two with what `compare` does.

    Died is answered for them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, whose end is ours
    pseudonyms = connection.recv()
    gc.freeze()
    connection.send("ready")
    while True:
        pid = os.fork()
        if pid == 0:
            _be_a_child(connection, bounds, pseudonyms)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status == ENDED:
            return
        if status != OUTGROWN:
            connection.send(Died(-status if status < 0 else None))


def _be_a_child(connection: Connection, bounds: Bounds, pseudonyms: Pseudonyms | None) -> None:
    """Answer files until nobody asks; never returns."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (bounds.memory_bytes, bounds.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < LARGE_KIB:
            paths, seconds = connection.recv()
            connection.send(BEGUN)
            signal.setitimer(signal.ITIMER_REAL, seconds)  # nobody handles the alarm: it ends this process
            match [Path(path) for path in paths]:
                case [path]:
                    answer = examine(path, bounds, pseudonyms)
                case [one, other]:
                    answer = compare(one, other, bounds)
                case _:
                    raise ValueError(f"{len(paths)} files at once")
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send(answer)
        status = OUTGROWN
    except (EOFError, OSError):
        status = ENDED
    finally:
        os._exit(status)


def examine(path: Path, bounds: Bounds, pseudonyms: Pseudonyms | None = None) -> Examined | DirectoryIgnored | str:
    """The header of one MR object whose pixels were decoded, or of a segmentation, or why it cannot be used.

    pseudonyms: the object is what it is without its patient.
    """
    try:
        content = path.read_bytes()
        dataset = open_dataset(content)
        if is_segmentation(dataset):
            return _segmentation(dataset, bounds, pseudonyms)
        mr_object = object_of(dataset, bounds)
        require_pixels(dataset, mr_object.slices)
        if pseudonyms is not None:
            mr_object = deidentified(content, mr_object, pseudonyms)
    except DirectoryIgnored as ignored:
        return ignored
    except BaseException as error:  # what native decoders throw is not always an Exception
        return _reason(error, bounds)
    return mr_object


def _segmentation(dataset: FileDataset, bounds: Bounds, pseudonyms: Pseudonyms | None) -> Examined:
    if pseudonyms is not None:
        raise ObjectRefused("segmentations are not de-identified, so none is taken in where de-identification is on")
    return segmentation_object_of(dataset, bounds)


def compare(one: Path, other: Path, bounds: Bounds) -> bool | str:
    """Whether two MR objects are the same image, or why they cannot be compared."""
    try:
        return is_same_image(one, other)
    except BaseException as error:  # as above
        return _reason(error, bounds)


def _reason(error: BaseException, bounds: Bounds) -> str:
    if _lacked_memory(error):
        return f"reading the file takes more than {bounds.memory_bytes // 2**20} MiB of memory"
    return str(error) if isinstance(error, Fact) else "the file is damaged: it cannot be decoded"


def _lacked_memory(error: BaseException | None) -> bool:
    """Whether this, or what it was raised from, is for want of memory."""
    return error is not None and (isinstance(error, MemoryError) or _lacked_memory(error.__cause__))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), Bounds(**json.loads(sys.argv[2])))
