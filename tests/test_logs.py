"""What is logged of an exception is its kind and where it came from, and none of its words."""

import logging
import subprocess
import sys

import pytest

from scarmass.logs import FORMAT, WithoutWords

SECRET = "Zyxwquark"


def raised(raise_it) -> BaseException:
    try:
        raise_it()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def of_a_cause() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raise KeyError(SECRET) from error


def of_a_context() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        raise KeyError(SECRET)  # noqa: B904


def of_a_group() -> None:
    raise ExceptionGroup(SECRET, [raised(of_a_cause), TypeError(SECRET)])  # type: ignore[list-item]


def logged(error: BaseException, name: str = "scarmass", message: str = "it broke") -> str:
    told = (type(error), error, error.__traceback__)
    return WithoutWords(FORMAT).format(logging.LogRecord(name, logging.ERROR, "", 0, message, None, told))


@pytest.mark.parametrize("raise_it", [of_a_cause, of_a_context, of_a_group])
def test_kinds_and_places_are_told_and_no_words(raise_it) -> None:
    text = logged(raised(raise_it))
    assert SECRET not in text
    assert "builtins.ValueError" in text
    assert "builtins.KeyError" in text
    assert f"in {raise_it.__name__}" in text
    assert text.splitlines()[0].endswith("ERROR scarmass: it broke")


def test_what_the_event_loop_says_of_its_tasks_is_left_out() -> None:
    text = logged(raised(of_a_cause), "asyncio", f"Task exception was never retrieved\nfuture: <Task {SECRET}>")
    assert SECRET not in text
    assert "KeyError" in text


def test_an_entry_begins_with_its_time_in_utc_and_no_message_begins_another() -> None:
    record = logging.LogRecord(
        "scarmass", logging.ERROR, "", 0, "asked for %s", ("a\n1970-01-01 \x1b[2Jb\u2028é",), None
    )
    record.created, record.msecs = 1_000_000_000.25, 250.0
    assert WithoutWords(FORMAT).format(record) == (
        "2001-09-09T01:46:40.250Z ERROR scarmass: asked for a\\n1970-01-01 \\x1b[2Jb\\u2028é"
    )


UNCAUGHT = f"""
import asyncio, logging, threading, warnings
from scarmass.logs import set_up_logs

set_up_logs()
warnings.warn("{SECRET}")
logging.getLogger("pydicom").warning("{SECRET}")

def fail():
    raise ValueError("{SECRET}")

thread = threading.Thread(target=fail)
thread.start()
thread.join()

async def task():
    fail()

async def forgets_a_task():
    asyncio.create_task(task())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

asyncio.run(forgets_a_task())
fail()
"""


def test_what_nobody_catches_and_what_libraries_warn_of_is_told_without_words() -> None:
    done = subprocess.run([sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr
    assert done.stderr.count("builtins.ValueError") >= 2
