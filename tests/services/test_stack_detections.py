"""Each slice is looked at whole and close up, once."""

import threading
from pathlib import Path

from fastapi.testclient import TestClient

from scarmass.domain.proposal import detect_stack
from scarmass.services.context import Context
from scarmass.services.readings.propose import detect, detection_of, image_of
from scarmass.services.stacks import get_stack
from tests.conftest import upload
from tests.fakes import FakeDetector


def test_many_who_ask_at_once_share_one_detection(
    client: TestClient, context: Context, phantom_files: list[Path]
) -> None:
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    stack = get_stack(context, stack_id)
    threads = [threading.Thread(target=detect, args=(context, stack.slices, one)) for one in stack.slices[:8]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert context.detector.calls == 2 * len(stack.slices)  # type: ignore[attr-defined]


def test_slice_by_slice_is_found_what_is_found_on_the_stack_at_once(
    client: TestClient, context: Context, phantom_files: list[Path]
) -> None:
    stack_id = upload(client, phantom_files)["studies"][0]["stacks"][0]["stack_id"]
    slices = get_stack(context, stack_id).slices
    detection = detection_of(context, slices)
    assert detection == detect_stack(FakeDetector(), [image_of(context, one) for one in slices])
    assert detection.region is not None
