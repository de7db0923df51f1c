"""DICOM files read and decoded in a process beside the server: it may be slow, grow or die, and the server goes on."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from queue import LifoQueue
from signal import SIGALRM

from scarmass.domain.errors import DirectoryIgnored, NotExamined, ObjectRefused
from scarmass.domain.segmentation import SegmentationObject
from scarmass.imaging.bounds import Bounds
from scarmass.imaging.mr.header import MrObject
from scarmass.imaging.pseudonyms import Pseudonyms

GRACE_S = 2.0
"""The process ends a file that takes too long itself; where it could not, it is ended from here after so much more."""


BEGUN = "begun"
"""What the process says of a file before it reads it: what it says next is of this file, and of no other."""

Examined = MrObject | SegmentationObject


@dataclass(frozen=True)
class Died:
    """A file ended the process that read it, by this signal (None: it ended itself)."""

    signal: int | None


class Examiner:
    """One process, started when it is first asked and again when it is gone. For one thread at a time."""

    def __init__(self, bounds: Bounds, pseudonyms: Pseudonyms | None = None) -> None:
        self._bounds = bounds
        self._pseudonyms = pseudonyms
        self._process: subprocess.Popen | None = None
        self._connection: Connection | None = None
        self._was_started = False

    def start(self) -> None:
        """Start its process for the first time. One that ended is started by the next file, in that file's time."""
        if not self._was_started:
            self._was_started = True
            with suppress(EOFError, OSError):  # the next file says so
                self._start()

    def examine(self, path: Path, seconds: float) -> Examined:
        """The header of one MR object whose pixels were decoded; of what it is without its patient, given pseudonyms.

        Of a segmentation what it says of itself, all of it read; given pseudonyms it is refused.

        Raises ObjectRefused with a reason that can be shown; NotExamined, DirectoryIgnored.
        """
        answer = self._answer((path,), seconds)
        assert not isinstance(answer, bool)
        return answer

    def are_same_image(self, one: Path, other: Path, seconds: float) -> bool:
        """Whether two objects hold the same pixels at the same place, in whichever encoding and with whichever texts.

        Raises NotExamined.
        """
        return self._answer((one, other), seconds) is True

    def _answer(self, paths: Sequence[Path], seconds: float) -> Examined | bool:
        answer = self._asked(paths, seconds)
        match answer:
            case MrObject() | SegmentationObject() | bool():
                return answer
            case DirectoryIgnored():
                raise answer
            case str():
                raise ObjectRefused(answer)
            case Died(signal=signal) if signal == SIGALRM:
                raise NotExamined(f"reading the file takes longer than {seconds:.2g} s")
            case Died():
                raise NotExamined("the file ends the program that reads it: it is damaged, or made to do harm")

    def _asked(self, paths: Sequence[Path], seconds: float) -> Examined | bool | DirectoryIgnored | str | Died:
        try:
            connection = self._connection or self._start()
            connection.send((tuple(map(str, paths)), seconds))
            is_begun = False
            while connection.poll(seconds + GRACE_S):
                answer = connection.recv()
                if is_begun:
                    return answer
                # Anything else that comes before the file is begun is late news of an end between two files.
                is_begun = answer == BEGUN
            self.close()
            return Died(SIGALRM)
        except (EOFError, OSError):
            self.close()
            return Died(None)

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        with theirs:
            number = theirs.fileno()
            module = "scarmass.imaging.examiner_process"
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(number), json.dumps(asdict(self._bounds))],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._connection = ours
        ours.send(self._pseudonyms)  # not on the command line, which every user of the machine may see
        ours.poll(None)
        ours.recv()  # it is ready: the time of its start is no file's
        return ours

    def close(self) -> None:
        """End the process, if there is one."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._connection = self._process = None


class Examiners:
    """A few examiners that many threads share; who finds none free waits."""

    def __init__(self, bounds: Bounds = Bounds(), processes: int = 2, pseudonyms: Pseudonyms | None = None) -> None:
        self.bounds, self.processes, self.pseudonyms = bounds, processes, pseudonyms
        self._free: LifoQueue[Examiner] = LifoQueue()
        for _ in range(processes):
            self._free.put(Examiner(bounds, pseudonyms))

    @contextmanager
    def one(self) -> Iterator[Examiner]:
        """An examiner that is ready."""
        examiner = self._free.get()
        try:
            examiner.start()
            yield examiner
        finally:
            self._free.put(examiner)

    def close(self) -> None:
        """End the processes that are free."""
        with suppress(Exception):
            while True:
                self._free.get_nowait().close()


EXAMINERS = Examiners()
"""Those that serve where no settings say otherwise; they start when a file first comes in."""
