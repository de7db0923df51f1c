"""What the server's processes log, to standard error: nothing that they were given."""

import logging
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from types import TracebackType

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
OF_EVENT_LOOP = "asyncio"
WITH_VALUES = ("pydicom", "pynetdicom", "dicomweb_client")
"""Loggers of libraries that say what stands in an attribute."""

log = logging.getLogger(__name__)


class WithoutWords(logging.Formatter):
    """An exception is told by its kind and by where it came from, without its own words: those of a library often
    repeat what it was given, a patient's name with it. Times are UTC, and a message is one line."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        if record.name == OF_EVENT_LOOP and record.exc_info:
            record.message = "an unexpected error in the event loop"  # it would show tasks, and what they hold
        # A line break in what somebody sent would begin a line that looks like another entry.
        record.message = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:  # noqa: N802
        error = ei[1] if isinstance(ei, tuple) else None
        return "\n".join(_told(error)) if isinstance(error, BaseException) else ""


def set_up_logs() -> None:
    """For a process that serves: also of what nobody catches, and without the warnings of libraries."""
    handler = logging.StreamHandler()
    handler.setFormatter(WithoutWords(FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in WITH_VALUES:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.simplefilter("ignore")  # pydicom's tell the value that is none
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda raised: _uncaught(raised.exc_type, raised.exc_value, raised.exc_traceback)
    threading.excepthook = lambda raised: _uncaught(raised.exc_type, raised.exc_value, raised.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        log.critical("nobody caught an exception", exc_info=(kind, error or kind(), trace))


def _told(error: BaseException) -> Iterator[str]:
    """Kind and places of an exception, those that led to it first."""
    if error.__cause__ is not None:
        yield from _told(error.__cause__)
        yield "which was the cause of"
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _told(error.__context__)
        yield "while which was handled, there came"
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _told(one)
        yield "which is one of"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    yield f"{type(error).__module__}.{type(error).__qualname__}"
